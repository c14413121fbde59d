using System.Diagnostics;
using System.Globalization;
using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;
using Fovea.Gpu.Convolutions;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Stages;

/// <summary>
/// 5: convolutions alone and with bias, residual, ReLU or mask in one, by engines of different kinds: those that the backend takes, those
/// that are compiled when their plan is built, those that do not give the same bits each time. What a plan takes to build, and to run.
/// </summary>
internal sealed class FusionStage : IStage
{
    private const long Workspace = 512 << 20;
    private const ConvolutionEpilogue BiasRelu =
        ConvolutionEpilogue.Bias | ConvolutionEpilogue.Relu | ConvolutionEpilogue.NarrowParameters;

    private static readonly CudnnOptions Taken = new() { Candidates = 8, Repetitions = 3, WorkspaceLimit = Workspace, CacheFolder = "" };
    private static readonly (string Name, CudnnOptions Options)[] Kinds =
    [
        ("taken", Taken),
        ("with a compiler", Taken with { RuntimeCompilation = true, Candidates = 3 }),
        ("in any order", Taken with { Deterministic = false }),
    ];

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

        string[] few = ["layer1 3x3", "layer2 expand", "head P3"];
        var convolutions = context.Machine.TakesLargeModels
            ? ResNet50Convolutions.Some(8, 800, 91).Select(c => c.Shape).Where(c => !context.Options.Quick || few.Contains(c.Name))
            : ConvolutionCase.All.Take(5);
        foreach (var shape in convolutions.SelectMany(Forms))
        {
            foreach (var (kind, options) in Kinds)
            {
                context.Try($"{shape}, {kind}", () => Tell(context, device, shape, kind, options));
            }
        }
    }

    private static IEnumerable<ConvolutionShape> Forms(ConvolutionCase c)
    {
        yield return c.With(ConvolutionDirection.Forward, Precision.BFloat16);
        yield return c.With(ConvolutionDirection.Forward, Precision.BFloat16, BiasRelu);
        yield return c.With(ConvolutionDirection.Forward, Precision.BFloat16, BiasRelu | ConvolutionEpilogue.Add);
        yield return c.With(ConvolutionDirection.BackwardFilter, Precision.BFloat16, ConvolutionEpilogue.NarrowParameters);
        if (c.In >= 8)
        {
            yield return c.With(ConvolutionDirection.BackwardData, Precision.BFloat16);
            yield return c.With(ConvolutionDirection.BackwardData, Precision.BFloat16, ConvolutionEpilogue.Mask);
        }
    }

    private static void Tell(StageContext context, ConvolutionDevice device, ConvolutionShape shape, string kind, CudnnOptions options)
    {
        var scratch = device.Reserve(shape, Workspace);
        var convolutions = device.Open(Precision.BFloat16, options);
        var start = Stopwatch.GetTimestamp();
        var found = convolutions.TryPrepare(shape, scratch, device.Stream, out var plan);
        var build = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (!found)
        {
            context.Tell($"{shape}, {kind}", convolutions.Refusal, null);
            return;
        }

        // Timing the candidates has written over the operands.
        scratch = device.Reserve(shape, Workspace);
        var workspace = scratch.Address + shape.ScratchBytes();
        var time = device.Timer.Median(5, () => convolutions.Execute(plan!, device.Stream, scratch.Lay(shape), workspace));
        context.Time($"{shape}, {kind}", time, "ms", string.Create(
            CultureInfo.InvariantCulture, $"{plan!.Engine}; chosen in {build:F1} ms; {plan.WorkspaceBytes} bytes of workspace"));
    }
}
