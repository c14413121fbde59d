using Fovea.Cuda;
using Fovea.Training;

namespace Fovea.App.Commands;

/// <summary>Options that several commands share, and how their errors end: one line, exit code 1; 130 when interrupted.</summary>
internal static class CommonOptions
{
    /// <summary>Tells what a person should know on the error stream.</summary>
    public static IProgress<string> Warnings { get; } = new WarningLines();

    /// <summary>Runs a command. What a user can mend is told in one line; what is our own fault keeps its stack.</summary>
    public static async Task<int> Guard(Func<Task<int>> command)
    {
        try
        {
            return await command().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("interrupted").ConfigureAwait(false);
            return Interruption.Interrupted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException or TrainingDivergedException
            or CudaException or NotSupportedException)
        {
            await Console.Error.WriteLineAsync($"error: {e.Message}").ConfigureAwait(false);
            return ExitCode.Problem;
        }
    }

    private sealed class WarningLines : IProgress<string>
    {
        public void Report(string value) => Console.Error.WriteLine($"warning: {value}");
    }
}
