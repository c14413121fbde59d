using System.Globalization;
using Fovea.Cuda;
using Fovea.Cuda.Cudnn;
using Fovea.Gpu.Machines;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Stages;

/// <summary>1: versions, and the libraries that are found.</summary>
internal sealed class VersionsStage : IStage
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    /// <inheritdoc/>
    public string Name => "versions";

    /// <inheritdoc/>
    public void Run(StageContext context)
    {
        var cpu = Device.DescribeCpu(Environment.ProcessorCount);
        context.Tell("machine", $"{context.Machine.Kind}; .NET {Environment.Version}, {cpu}");
        context.Try("driver", () => TellDevices(context));
        context.Try("cudnn", () => TellCudnn(context));
        if (context.Machine.Kind != MachineKind.Real)
        {
            context.Tell("tools", StageContext.NoNumbers, null);
            return;
        }

        context.Try("nccl", () => TellLibrary(context, CudaLibrary.Nccl));
        TellTool(context, "nvidia-smi", ["--query-gpu=name,driver_version,clocks.max.sm,power.limit", "--format=csv,noheader"]);
        TellTool(context, "nvcc", ["--version"]);
        TellTool(context, "gcc", ["--version"]);
        context.Tell("ptxas", Ptxas.Find(context.Options.Python) ?? "not found", null);
        var lines = TorchReference.Run(context.Options.Python, ["--what", "versions"], Limit, out var failure);
        foreach (var line in lines)
        {
            context.Tell(line.Item, line.Note);
        }

        if (failure is not null)
        {
            context.Tell("torch", failure, false);
        }
    }

    private static void TellDevices(StageContext context)
    {
        using var driver = context.Machine.OpenDriver();
        context.Tell("driver", driver.Description);
        for (var i = 0; i < driver.DeviceCount; i++)
        {
            context.Tell(string.Create(CultureInfo.InvariantCulture, $"device {i}"), driver.GetDevice(i).ToString());
        }

        var memory = driver.GetMemory();
        var total = string.Create(CultureInfo.InvariantCulture, $"of {memory.TotalBytes >> 20}");
        context.Count("memory free", memory.FreeBytes >> 20, "MiB", total);
    }

    private static void TellCudnn(StageContext context)
    {
        if (context.Machine.OpenCudnn() is not var (library, _))
        {
            context.Tell("cudnn", StageContext.NoNumbers, null);
            return;
        }

        using var driver = context.Machine.OpenDriver();
        using var handle = new CudnnHandle(library);
        context.Tell("cudnn", $"{handle.VersionText} ({library.Description})");
        if (context.Machine.Kind == MachineKind.Real)
        {
            context.Tell("cudnn's parts", string.Join(", ", CudaLibraries.Default.Open(CudaLibrary.Cudnn).Dependencies), isDetail: true);
        }
    }

    private static void TellLibrary(StageContext context, CudaLibrary library) =>
        context.Tell(library.Name, CudaLibraries.Default.Open(library).Path);

    private static void TellTool(StageContext context, string program, string[] arguments)
    {
        var run = Command.Run(program, arguments, Limit);
        context.Tell(program, run.ExitCode == 0 ? run.Output.Trim() : run.Tail, run.ExitCode == 0 ? true : null);
    }
}
