using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;
using Fovea.Cuda;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Stages;

/// <summary>2: ptxas over all PTX, for every architecture that it knows.</summary>
internal sealed partial class AssemblyStage : IStage
{
    private static readonly int[] Capabilities = [75, 80, 86, 89, 90, 100, 120];

    /// <inheritdoc/>
    public string Name => "ptxas";

    /// <inheritdoc/>
    public void Run(StageContext context)
    {
        var folder = Path.Combine(context.Options.Out, "ptx");
        WriteOut(folder);
        context.Count("files", PtxLibrary.Names.Count, "files", folder);
        if (!context.Machine.HasTimes)
        {
            context.Tell("assembly", StageContext.NoNumbers, null);
            return;
        }

        if (Ptxas.Find(context.Options.Python) is not { } ptxas)
        {
            context.Tell("assembly", "ptxas is neither in PATH, nor in /usr/local/cuda/bin, nor among the Python packages.", false);
            return;
        }

        foreach (var capability in Capabilities.Where(c => !context.Options.Quick || c is 75 or 90))
        {
            AssembleAll(context, ptxas, folder, capability);
        }
    }

    /// <summary>75 for pointwise.bf16.sm_75.ptx.</summary>
    internal static int CapabilityOf(string name) =>
        int.Parse(Target().Match(name).Groups[1].ValueSpan, CultureInfo.InvariantCulture);

    private static void WriteOut(string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (var name in PtxLibrary.Names)
        {
            File.WriteAllBytes(Path.Combine(folder, name), PtxLibrary.Read(name)[..^1]);
        }
    }

    private static void AssembleAll(StageContext context, string ptxas, string folder, int capability)
    {
        var names = PtxLibrary.Names.Where(name => CapabilityOf(name) <= capability).ToList();
        var first = Ptxas.Assemble(ptxas, Path.Combine(folder, names[0]), capability);
        var target = string.Create(CultureInfo.InvariantCulture, $"sm_{capability}");
        if (Ptxas.IsUnknownArchitecture(first))
        {
            context.Tell(target, $"this ptxas does not know it: {first.Tail}", null);
            return;
        }

        var runs = new ConcurrentDictionary<string, Command>();
        Parallel.ForEach(names, name => runs[name] = Ptxas.Assemble(ptxas, Path.Combine(folder, name), capability));
        var (kernels, spilling) = (0, 0);
        foreach (var name in names)
        {
            if (runs[name].ExitCode != 0)
            {
                context.Tell($"{target} {name}", runs[name].Tail, false);
            }

            foreach (var kernel in Ptxas.Parse(runs[name].Errors + runs[name].Output))
            {
                kernels++;
                spilling += kernel.SpillBytes > 0 ? 1 : 0;
                TellKernel(context, $"{target} {name} {kernel.Kernel}", kernel);
            }
        }

        var failed = runs.Values.Count(run => run.ExitCode != 0);
        context.Count(
            target, names.Count - failed, "files",
            string.Create(CultureInfo.InvariantCulture, $"of {names.Count}; {kernels} kernels, {spilling} spill registers"), failed == 0);
    }

    private static void TellKernel(StageContext context, string item, KernelResources kernel) => context.Count(
        item, kernel.Registers, "registers",
        string.Create(
            CultureInfo.InvariantCulture,
            $"{kernel.SpillBytes} bytes spilt, {kernel.StackBytes} bytes of stack, {kernel.SharedBytes} bytes of shared memory"),
        isDetail: true);

    [GeneratedRegex(@"sm_(\d+)a?\.ptx$")]
    private static partial Regex Target();
}
