namespace Fovea.App.Commands;

/// <summary>What commands end with; 130 and 143 are <see cref="Interruption"/>'s.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>A problem that is told in a line, be it with options that contradict each other or are out of range.</summary>
    public const int Problem = 1;

    /// <summary>The command line, or the file of <c>--config</c>, cannot be parsed; nothing was begun.</summary>
    public const int Usage = 2;
}
