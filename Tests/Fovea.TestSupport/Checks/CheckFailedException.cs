namespace Fovea.TestSupport;

/// <summary>Something is not as it was expected. The message names what, where, expected, actual and tolerance.</summary>
internal sealed class CheckFailedException(string message) : Exception(message);
