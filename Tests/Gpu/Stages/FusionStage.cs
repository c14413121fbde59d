using System.Diagnostics;
using System.Globalization;
using Fovea.Cuda;
using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;
using Fovea.Gpu.Convolutions;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Stages;

/// <summary>5: convolutions with bias, residual, ReLU or its mask in one: the engine, how long a plan takes to build, what it saves.</summary>
internal sealed class FusionStage : IStage
{
    private const long Workspace = 512 << 20;
    private static readonly CudnnOptions First = new() { Autotune = false, WorkspaceLimit = Workspace, CacheFolder = "" };

    /// <inheritdoc/>
    public string Name => "fusion";

    /// <inheritdoc/>
    public void Run(StageContext context)
    {
        using var device = new ConvolutionDevice(context.Machine);
        if (device.Library is null)
        {
            context.Tell("cuDNN", StageContext.NoNumbers, null);
            return;
        }

        var convolutions = context.Machine.TakesLargeModels
            ? ResNet50Convolutions.Some(8, context.Options.Quick ? 640 : 800, 91).Select(c => c.Shape)
            : ConvolutionCase.All.Take(5);
        foreach (var shape in convolutions.SelectMany(Fused))
        {
            context.Try(shape.ToString(), () => Tell(context, device, shape));
        }
    }

    private static IEnumerable<ConvolutionShape> Fused(ConvolutionCase c)
    {
        const ConvolutionEpilogue BiasRelu = ConvolutionEpilogue.Bias | ConvolutionEpilogue.Relu;
        yield return c.With(ConvolutionDirection.Forward, Precision.BFloat16, BiasRelu);
        yield return c.With(ConvolutionDirection.Forward, Precision.BFloat16, BiasRelu | ConvolutionEpilogue.NarrowParameters);
        yield return c.With(ConvolutionDirection.Forward, Precision.BFloat16, BiasRelu | ConvolutionEpilogue.Add);
        if (c.In >= 8)
        {
            yield return c.With(ConvolutionDirection.BackwardData, Precision.BFloat16, ConvolutionEpilogue.Mask);
        }
    }

    private static void Tell(StageContext context, ConvolutionDevice device, ConvolutionShape shape)
    {
        var scratch = device.Reserve(shape, Workspace);
        var convolutions = device.Open(Precision.BFloat16, First);
        var start = Stopwatch.GetTimestamp();
        var found = convolutions.TryPrepare(shape, out var plan);
        var build = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (!found)
        {
            context.Tell(shape.ToString(), convolutions.Refusal, false);
            return;
        }

        var operands = scratch.Lay(shape);
        var workspace = scratch.Address + shape.ScratchBytes();
        var fused = device.Timer.Median(5, () => convolutions.Execute(plan!, device.Stream, operands, workspace));
        var plain = convolutions.TryPrepare(shape.Unfused, out var unfused)
            ? device.Timer.Median(5, () => convolutions.Execute(unfused, device.Stream, operands, workspace))
            : double.NaN;
        context.Time(shape.ToString(), fused, "ms", string.Create(
            CultureInfo.InvariantCulture,
            $"{plan!.Engine}; plan built in {build:F1} ms; unfused {plain:F3} ms; {plan.WorkspaceBytes} bytes of workspace"));
    }
}
