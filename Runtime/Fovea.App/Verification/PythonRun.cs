using System.ComponentModel;
using System.Diagnostics;

namespace Fovea.App.Verification;

/// <summary>Runs a script with the user's own Python.</summary>
internal static class PythonRun
{
    /// <summary>The Python of the path.</summary>
    public static string Usual => OperatingSystem.IsWindows() ? "python" : "python3";

    /// <summary>Runs a script to its end.</summary>
    /// <param name="python">The interpreter.</param>
    /// <param name="arguments">Its own: the script's file, for example.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>What it printed.</returns>
    /// <exception cref="IOException">It cannot be started, or ends with an error.</exception>
    public static async Task<string> RunAsync(string python, IReadOnlyList<string> arguments, CancellationToken cancellation)
    {
        using var process = Start(python, arguments);
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
        try
        {
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        var printed = await output.ConfigureAwait(false);
        if (process.ExitCode != 0)
        {
            var said = (await errors.ConfigureAwait(false)).Trim();
            throw new IOException(FormattableString.Invariant($"{python} ended with {process.ExitCode}: {Shorten(said)}"));
        }

        return printed;
    }

    private static Process Start(string python, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new IOException(
                $"{python} cannot be started: {e.Message}. --python PATH names another; --script-only FILE writes the script for another machine.", e);
        }
    }

    /// <summary>Python tells the reason last.</summary>
    private static string Shorten(string errors)
    {
        const int Most = 2000;
        return errors.Length <= Most ? errors : $"…{errors[^Most..]}";
    }
}
