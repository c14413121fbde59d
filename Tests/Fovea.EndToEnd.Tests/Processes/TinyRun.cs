using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Fovea.Tiny;

namespace Fovea.EndToEnd.Processes;

/// <summary>The tiny detector's command line in a process of its own, which tests may interrupt or kill.</summary>
internal sealed class TinyRun : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);
    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder errors = new();

    private TinyRun(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(errors, line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Output => Read(output);

    public string Errors => Read(errors);

    public int Code => process.ExitCode;

    /// <summary>Starts it.</summary>
    /// <param name="processors">How many the runtime sees, which is how many threads the detector has; 0: as many as there are.</param>
    /// <param name="arguments">As on the command line.</param>
    public static TinyRun Start(int processors, params string[] arguments) => Start(processors, 0, arguments);

    /// <summary>Starts it with steps that last so long.</summary>
    public static TinyRun Start(int processors, int stepSeconds, params string[] arguments) =>
        Start(processors, stepSeconds, null, arguments);

    private static TinyRun Start(int processors, int stepSeconds, byte[]? input, string[] arguments)
    {
        string[] line = [.. HeedingInterrupts(), Dotnet(), typeof(TileDetector).Assembly.Location, .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = input is not null,
        };
        if (processors > 0)
        {
            start.Environment["DOTNET_PROCESSOR_COUNT"] = processors.ToString(CultureInfo.InvariantCulture);
        }

        if (stepSeconds > 0)
        {
            start.Environment["FOVEA_TINY_STEP_SECONDS"] = stepSeconds.ToString(CultureInfo.InvariantCulture);
        }

        var run = new TinyRun(Process.Start(start)!);
        if (input is not null)
        {
            using var stream = run.process.StandardInput.BaseStream;
            stream.Write(input);
        }

        return run;
    }

    /// <summary>Starts it and waits for its end.</summary>
    public static TinyRun Complete(params string[] arguments) => Start(0, arguments).Wait();

    /// <summary>The command that starts it, for a shell that does more.</summary>
    public static string[] Command(params string[] arguments) => [Dotnet(), typeof(TileDetector).Assembly.Location, .. arguments];

    /// <summary>Starts it, gives it something on its input stream, and waits for its end.</summary>
    public static TinyRun CompleteWith(byte[] input, params string[] arguments) => Start(0, 0, input, arguments).Wait();

    /// <summary>Waits for its end.</summary>
    public TinyRun Wait()
    {
        if (!Ends(Limit))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"the process has not ended after {Limit.TotalSeconds} s:\n{Output}\n{Errors}");
        }

        // Also for the rest of its output.
        process.WaitForExit();
        return this;
    }

    /// <summary>Waits until a condition holds.</summary>
    public void Until(Func<bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(!process.HasExited && clock.Elapsed < Limit, $"it never came to what was waited for:\n{Output}\n{Errors}");
            Thread.Sleep(5);
        }
    }

    /// <summary>Waits until a condition holds, or it has ended.</summary>
    public void UntilOrExit(Func<bool> condition)
    {
        while (!condition() && !process.WaitForExit(5))
        {
        }
    }

    /// <summary>Whether it ends within a time.</summary>
    public bool Ends(TimeSpan within) => process.WaitForExit(within);

    /// <summary>Ctrl+C.</summary>
    public void Interrupt() => Signal("INT");

    /// <summary>What a cluster and a service manager send.</summary>
    public void Terminate() => Signal("TERM");

    /// <summary>SIGKILL.</summary>
    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    public void Dispose() => process.Dispose();

    /// <summary>The SHA-256 of a file.</summary>
    public static string Hash(string path) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    /// <summary>
    /// A shell's background job ignores SIGINT, and so does what it starts, the tests and their children: then GNU's env puts that right.
    /// </summary>
    private static string[] HeedingInterrupts()
    {
        const int Interrupt = 2;
        if (!OperatingSystem.IsLinux())
        {
            return [];
        }

        var ignored = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("SigIgn:", StringComparison.Ordinal))["SigIgn:".Length..];
        var mask = ulong.Parse(ignored.Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (mask >> (Interrupt - 1) & 1) == 0 ? [] : ["env", "--default-signal=INT"];
    }

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-s", name, process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.AppendLine(line);
        }
    }

    private static string Read(StringBuilder text)
    {
        lock (text)
        {
            return text.ToString();
        }
    }

    /// <summary>The host that runs this process, whatever PATH says.</summary>
    private static string Dotnet() => Path.GetFullPath(Path.Combine(
        RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
}
