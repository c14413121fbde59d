using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Fovea.Cuda.Checks;

/// <summary>
/// Passes everything on to another driver and counts the launches. Replays of captured work are not counted, their capture is.
/// </summary>
/// <param name="driver">Does the work; disposed of with this.</param>
/// <param name="tally">Where to count.</param>
internal sealed unsafe class CountingDriver(ICudaDriver driver, LaunchTally tally) : PassingDriver(driver)
{
    private readonly ConcurrentDictionary<CudaModule, string> modules = new();
    private readonly ConcurrentDictionary<nint, string> kernels = new();

    public override CudaModule LoadModule(string name, ReadOnlySpan<byte> ptx)
    {
        var module = base.LoadModule(name, ptx);
        modules[module] = name;
        return module;
    }

    public override CudaFunction GetFunction(CudaModule module, KernelSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        var function = base.GetFunction(module, signature);
        kernels[function.Handle] = $"{VariantOf(modules.GetValueOrDefault(module, signature.Source))}.{signature.Name}";
        return function;
    }

    public override void Launch(CudaFunction function, in LaunchShape shape, void** arguments)
    {
        tally.Add(new LaunchForm(
            kernels[function.Handle], shape.Grid, shape.Block, shape.SharedBytes, NumbersOf(function.Signature, arguments)));
        base.Launch(function, shape, arguments);
    }

    /// <summary>pointwise.bf16 for pointwise.bf16.sm_80.ptx.</summary>
    private static string VariantOf(string module)
    {
        var end = module.IndexOf(".sm_", StringComparison.Ordinal);
        return end < 0 ? module : module[..end];
    }

    private static string NumbersOf(KernelSignature signature, void** arguments)
    {
        var text = new StringBuilder();
        for (var i = 0; i < signature.Parameters.Length; i++)
        {
            var argument = arguments[i];
            var bits = signature.Parameters[i].Type switch
            {
                KernelType.Int or KernelType.Float => *(uint*)argument,
                KernelType.Long or KernelType.Double => *(ulong*)argument,
                _ => *(ulong*)argument == 0 ? 0UL : 1UL,
            };
            text.Append(CultureInfo.InvariantCulture, $"{bits:x},");
        }

        return text.ToString();
    }
}
