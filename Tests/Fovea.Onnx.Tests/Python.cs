using System.Diagnostics;

namespace Fovea.Tests.Onnx;

/// <summary>Debian's Python with a module that checks what we write, where it is installed.</summary>
internal static class Python
{
    private const string Program = "/usr/bin/python3";

    /// <summary>Skips the test where a module is missing, and says which package has it.</summary>
    public static void Require(string module)
    {
        Skip.IfNot(File.Exists(Program), $"There is no {Program}.");
        Skip.If(Start($"import {module}").Code != 0, $"{Program} has no module {module}: apt-get install python3-{module}");
    }

    /// <summary>Runs a script; what it prints.</summary>
    public static string Run(string script, params string[] arguments)
    {
        var (code, output, errors) = Start(script, arguments);
        Assert.True(code == 0, $"{output}\n{errors}");
        return output;
    }

    private static (int Code, string Output, string Errors) Start(string script, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Program, ["-c", script, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
