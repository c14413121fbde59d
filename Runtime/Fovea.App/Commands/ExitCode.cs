namespace Fovea.App.Commands;

/// <summary>What commands end with; 130 and 143 are <see cref="Interruption"/>'s.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>A problem that is told in a line.</summary>
    public const int Problem = 1;

    /// <summary>The command line, or the file of <c>--config</c>, is not understood; nothing was begun.</summary>
    public const int Usage = 2;
}
