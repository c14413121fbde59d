using System.Diagnostics;

namespace Fovea.TestSupport;

/// <summary>Python with torch and torchvision, where this machine has it (Debian: python3-torch, python3-torchvision).</summary>
internal static class PythonTorch
{
    private static readonly Lazy<string?> Reason = new(Try);

    /// <summary>Why there is none; null: there is.</summary>
    public static string? Missing => Reason.Value;

    private static string Interpreter => Environment.GetEnvironmentVariable("FOVEA_PYTHON") is { Length: > 0 } named ? named : "/usr/bin/python3";

    /// <summary>Runs a script of the repository.</summary>
    /// <param name="script">Its place in the repository.</param>
    /// <param name="arguments">What it is called with.</param>
    /// <exception cref="InvalidOperationException">It failed; the message is what it said.</exception>
    public static void Run(string script, params string[] arguments)
    {
        if (Start([Repository.PathOf(script), .. arguments]) is { } problem)
        {
            throw new InvalidOperationException($"{script}: {problem}");
        }
    }

    private static string? Try()
    {
        if (Repository.Folder is null)
        {
            return "The tests do not run inside the repository, whose scripts they run.";
        }

        try
        {
            return Start(["-c", "import torch, torchvision"]) is null
                ? null
                : $"{Interpreter} has no torch and torchvision (Debian: python3-torch, python3-torchvision; FOVEA_PYTHON names another Python).";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return $"There is no {Interpreter} (FOVEA_PYTHON names another).";
        }
    }

    /// <summary>What it said when it failed; null: it did not.</summary>
    private static string? Start(string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo(Interpreter, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var output = run.StandardOutput.ReadToEndAsync();
        var problem = run.StandardError.ReadToEnd();
        run.WaitForExit();
        return run.ExitCode == 0 ? null : $"{output.Result}{problem}";
    }
}
