namespace Fovea.App.Commands;

/// <summary>A command line, or the file of <c>--config</c>, that is not understood. The message says what to write.</summary>
internal sealed class UsageException(string message) : Exception(message);
