using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Fovea.Gpu.Running;

/// <summary>Another program's run.</summary>
/// <param name="ExitCode">−1 where it did not start or took too long.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Errors">Standard error, or why it did not start.</param>
internal sealed record Command(int ExitCode, string Output, string Errors)
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">A path, or a name that PATH knows.</param>
    /// <param name="arguments">As they are.</param>
    /// <param name="limit">It is killed after that.</param>
    public static Command Run(string program, IReadOnlyList<string> arguments, TimeSpan limit)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var (output, errors) = (new StringBuilder(), new StringBuilder());
            process.OutputDataReceived += (_, line) => output.AppendLine(line.Data);
            process.ErrorDataReceived += (_, line) => errors.AppendLine(line.Data);
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            if (!process.WaitForExit(limit))
            {
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
                return new Command(-1, output.ToString(), $"{program} was killed after {limit}.");
            }

            process.WaitForExit();
            return new Command(process.ExitCode, output.ToString(), errors.ToString());
        }
        catch (Win32Exception e)
        {
            return new Command(-1, "", $"{program}: {e.Message}");
        }
    }

    /// <summary>The end of what it has said, in one line.</summary>
    public string Tail
    {
        get
        {
            var text = (Errors.Trim().Length > 0 ? Errors : Output).Trim().ReplaceLineEndings(" ");
            return text.Length > 400 ? text[^400..] : text;
        }
    }
}
