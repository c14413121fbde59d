using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Fovea.Tests.AspNetCore.Serving;
using Quickstart;

namespace Fovea.Tests.AspNetCore.Web;

/// <summary>The sample as a process of its own, with weights that find something.</summary>
internal sealed class Site : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly StringBuilder said = new();

    private Site(Func<TempFolder, string[]> arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Web.dll");
        var start = new ProcessStartInfo(Dotnet(), [program, "--urls", "http://127.0.0.1:0", .. arguments(folder)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        };
        Process = Process.Start(start)!;
        var address = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Process.OutputDataReceived += (_, e) => Hear(e.Data, address);
        Process.ErrorDataReceived += (_, e) => Hear(e.Data, address);
        Process.EnableRaisingEvents = true;
        Process.Exited += (_, _) => address.TrySetException(new InvalidOperationException("the site ended: " + Said));
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
        Address = new Uri(address.Task.WaitAsync(TimeSpan.FromSeconds(120)).GetAwaiter().GetResult());
    }

    public Process Process { get; }

    public Uri Address { get; }

    public string Folder => folder.Path;

    public string Said
    {
        get
        {
            lock (said)
            {
                return said.ToString();
            }
        }
    }

    /// <summary>A site with these weights.</summary>
    public static Site Start(ShapeDetector detector) => new(folder =>
    {
        detector.Save(folder.File("shapes.safetensors"));
        return ["--weights", folder.File("shapes.safetensors")];
    });

    public static Site Start(params string[] arguments) => new(_ => arguments);

    public static ShapeDetector Shapes() => Detectors.Sharpen(ShapeDetector.Create(seed: 1, new DetectorOptions { Device = Device.Cpu }), 73, -12.6f);

    public void Dispose()
    {
        if (!Process.HasExited)
        {
            Process.Kill(entireProcessTree: true);
            Process.WaitForExit();
        }

        Process.Dispose();
        folder.Dispose();
    }

    private void Hear(string? line, TaskCompletionSource<string> address)
    {
        lock (said)
        {
            said.AppendLine(line);
        }

        if (line?.IndexOf("http://127.0.0.1:", StringComparison.Ordinal) is >= 0 and { } at)
        {
            address.TrySetResult(line[at..].Trim());
        }
    }

    /// <summary>The host that runs this process, whatever PATH says.</summary>
    private static string Dotnet() => Path.GetFullPath(Path.Combine(
        RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
}
