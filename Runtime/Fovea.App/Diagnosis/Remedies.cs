namespace Fovea.App.Diagnosis;

/// <summary>The one command that brings what is missing; null where there is none.</summary>
/// <param name="machine">Where it is missing.</param>
internal sealed class Remedies(MachineView machine)
{
    private const string DebianTorchvision = "sudo apt-get install python3-torchvision";

    private bool IsDebian => machine.Host is HostSystem.Debian or HostSystem.Ubuntu;

    /// <summary>Docker and podman leave a file of theirs, Kubernetes a variable.</summary>
    private bool IsContainer => machine.Read("/.dockerenv") is not null || machine.Read("/run/.containerenv") is not null
        || machine.Variable("KUBERNETES_SERVICE_HOST") is { Length: > 0 };

    public string? CudaDriver => IsContainer ? "docker run --gpus all …" : machine.Host switch
    {
        HostSystem.Debian => "sudo apt-get install nvidia-driver",
        HostSystem.Ubuntu => "sudo ubuntu-drivers install",
        HostSystem.Linux => "xdg-open https://www.nvidia.com/drivers",
        HostSystem.Windows => "start https://www.nvidia.com/drivers",
        _ => null,
    };

    /// <summary>Debian's own Python refuses packages of pip's unless told; these are libraries, and for one user.</summary>
    public string? Cudnn => machine.Host == HostSystem.MacOS ? null
        : IsDebian && !HasEnvironment ? $"{Python} -m pip install --user --break-system-packages nvidia-cudnn-cu12"
        : $"{Python} -m pip install nvidia-cudnn-cu12";

    public string SkiaNative => "dotnet add package SkiaSharp.NativeAssets." + machine.Host switch
    {
        HostSystem.Windows => "Win32",
        HostSystem.MacOS => "macOS",
        _ => "Linux.NoDependencies",
    };

    public string? Fonts => IsDebian ? "sudo apt-get install fonts-dejavu-core"
        : machine.Host == HostSystem.Linux ? "sudo dnf install dejavu-sans-fonts"
        : null;

    private bool HasEnvironment => machine.Variable("VIRTUAL_ENV") is { Length: > 0 } || machine.Variable("CONDA_PREFIX") is { Length: > 0 };

    private string Python => machine.Host == HostSystem.Windows ? "python" : "python3";

    /// <summary>A Python that does not start.</summary>
    /// <param name="python">As it was called.</param>
    public string? Interpreter(string python) => python != Python ? null : machine.Host switch
    {
        HostSystem.Debian or HostSystem.Ubuntu => DebianTorchvision,
        HostSystem.Linux => "sudo dnf install python3",
        HostSystem.Windows => "winget install Python.Python.3.13",
        _ => "brew install python",
    };

    /// <summary>torch and torchvision of a Python.</summary>
    /// <param name="python">As it is called.</param>
    /// <param name="file">Where it lies: Debian's packages are for Debian's own.</param>
    public string Torchvision(string python, string file) => IsDebian && file.StartsWith("/usr/bin/", StringComparison.Ordinal)
        ? DebianTorchvision
        : $"{python} -m pip install torch torchvision";

    /// <summary>A wider set of vectors, which the processor has and the program does not use.</summary>
    /// <param name="level">Of x86-64, as the ahead-of-time compiler calls it: 3 has AVX2, 4 AVX-512.</param>
    public string Vectors(int level)
    {
        if (machine.IsAheadOfTime)
        {
            return FormattableString.Invariant($"dotnet publish -p:PublishAot=true -p:IlcInstructionSet=x86-64-v{level}");
        }

        var off = Array.Find(
            [
                "DOTNET_EnableHWIntrinsic", "DOTNET_EnableAVX", "DOTNET_EnableAVX2", "DOTNET_EnableFMA", "DOTNET_EnableAVX512",
                "DOTNET_EnableAVX512F",
            ],
            name => machine.Variable(name) is "0" or "00");
        var isWindows = machine.Host == HostSystem.Windows;
        return off is not null ? (isWindows ? $"set {off}=" : $"unset {off}")
            : $"{(isWindows ? "set" : "export")} DOTNET_PreferredVectorBitWidth=512";
    }
}
