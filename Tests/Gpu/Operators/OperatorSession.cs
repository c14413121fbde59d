using Fovea.Cuda;
using Fovea.Cuda.Checks;
using Fovea.Gpu.Machines;
using Fovea.CompilerServices;

namespace Fovea.Gpu.Operators;

/// <summary>Runs operator checks on a device, which it opens anew after a kernel has spoilt its context.</summary>
/// <param name="machine">Opens drivers.</param>
internal sealed class OperatorSession(Machine machine) : IDisposable
{
    /// <summary>NaN in every precision, as the simulated GPU has it in fresh memory.</summary>
    private const uint Poison = 0xFFFFFFFF;

    private readonly LaunchTally tally = new();
    private CountingDriver? driver;

    /// <summary>Every kernel that was started, as source.name.</summary>
    public IReadOnlySet<string> Kernels =>
        tally.Kernels.Select(kernel => kernel.Split('.')).Select(parts => $"{parts[0]}.{parts[^1]}").ToHashSet(StringComparer.Ordinal);

    /// <summary>Runs a check in fresh memory.</summary>
    /// <param name="check">What to run.</param>
    /// <param name="precision">Of the rig.</param>
    /// <returns>Every byte of the rig's memory after it.</returns>
    public byte[][] Run(OperatorCheck check, Precision precision)
    {
        driver ??= new CountingDriver(machine.OpenDriver(), tally);
        using var rig = new CudaRig(driver, driver.GetDevice(0), precision);
        var (arena, bytes) = Arena(rig);
        driver.Fill(arena, Poison, bytes / sizeof(uint), rig.Context.Stream);
        check.Run(rig);
        return machine.HasNumbers ? Snapshot(rig, arena, bytes) : [];
    }

    /// <summary>Gives the device back; the next check opens it again.</summary>
    public void Restart()
    {
        try
        {
            driver?.Dispose();
        }
        catch (CudaException)
        {
            // A spoilt context may not close; what matters is whether a new one opens.
        }

        driver = null;
    }

    /// <inheritdoc/>
    public void Dispose() => driver?.Dispose();

    private static (DeviceAddress Address, long Bytes) Arena(CudaRig rig) => (
        rig.Context.Values(new FeatureMap(0, 1, 1, 1, 1)).Address,
        (CudaRig.ValuesLength * KernelVariant.BytesOf(rig.Precision)) + (CudaRig.RecordsLength * sizeof(float)));

    private static byte[][] Snapshot(CudaRig rig, DeviceAddress arena, long bytes)
    {
        var model = rig.Model;
        List<byte[]> parts = [rig.Download<byte>(arena, bytes)];
        DevicePointer<float>[] buffers =
        [
            model.Parameters, model.Gradients, model.Statistics, model.Folded, model.FirstMoment, model.SecondMoment,
            model.GreatestSecondMoment,
        ];
        foreach (var buffer in buffers.Where(buffer => !buffer.IsNull))
        {
            parts.Add(rig.Download<byte>(buffer.Address, CudaRig.BufferLength * sizeof(float)));
        }

        if (model.IsNarrow)
        {
            parts.Add(rig.Download<byte>(model.ParameterValues.Address, CudaRig.BufferLength * sizeof(ushort)));
            parts.Add(rig.Download<byte>(model.FoldedValues.Address, CudaRig.BufferLength * sizeof(ushort)));
        }

        return [.. parts];
    }
}
