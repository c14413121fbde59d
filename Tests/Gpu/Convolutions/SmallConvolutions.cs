using System.Globalization;
using Fovea.Cuda.Checks.Cudnn;
using Fovea.Cuda.Cudnn;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Convolutions;

/// <summary>Small convolutions of every kind by both of cuDNN's APIs against the scalar reference of the CPU backend.</summary>
internal static class SmallConvolutions
{
    private const ConvolutionEpilogue Bias = ConvolutionEpilogue.Bias | ConvolutionEpilogue.NarrowParameters;
    private const ConvolutionEpilogue BiasRelu = Bias | ConvolutionEpilogue.Relu;

    /// <summary>Runs them in a precision.</summary>
    public static void Run(StageContext context, ConvolutionDevice device, Precision precision)
    {
        var options = new CudnnOptions
        {
            Autotune = false,
            CacheFolder = "",
            Deterministic = false,
            RuntimeCompilation = !context.Options.Quick,
        };
        var graph = device.Open(precision, options);
        var shapes = (
            from c in ConvolutionCase.All
            from direction in Enum.GetValues<ConvolutionDirection>()
            from epilogue in EpiloguesOf(direction, context.Options.Quick)
            select (Case: c, Shape: c.With(direction, precision, epilogue))).ToList();
        Tell(context, $"graph {precision}", shapes, shape =>
            graph.TryPrepare(shape.Shape, out var plan) ? Check(device, graph, plan, shape.Case) : graph.Refusal);
        Tell(context, $"legacy {precision}", shapes, shape =>
        {
            using var plan = device.Legacy!.TryPlan(device.Handle!, shape.Shape, options.WorkspaceLimit);
            return plan is null ? "the API cannot express it" : Check(device, graph, plan, shape.Case);
        });
    }

    /// <summary>What the network fuses; with <paramref name="quick"/> only nothing and everything.</summary>
    private static ConvolutionEpilogue[] EpiloguesOf(ConvolutionDirection direction, bool quick) => direction switch
    {
        ConvolutionDirection.Forward when quick => [ConvolutionEpilogue.None, BiasRelu | ConvolutionEpilogue.Add],
        ConvolutionDirection.Forward =>
        [
            ConvolutionEpilogue.None, ConvolutionEpilogue.Bias, Bias, BiasRelu, Bias | ConvolutionEpilogue.Add,
            BiasRelu | ConvolutionEpilogue.Add,
        ],
        ConvolutionDirection.BackwardData =>
        [
            ConvolutionEpilogue.None, ConvolutionEpilogue.Add | ConvolutionEpilogue.Mask,
        ],
        _ => [ConvolutionEpilogue.None, ConvolutionEpilogue.Accumulate, ConvolutionEpilogue.NarrowParameters],
    };

    /// <summary>Null where it agrees; throws where it does not.</summary>
    private static string? Check(ConvolutionDevice device, CudnnConvolutions convolutions, CudnnPlan plan, ConvolutionCase which)
    {
        var check = new ConvolutionCheck(device.Driver, device.Stream, plan.Shape, which.Name.Length);
        if (check.Compare(check.Run(convolutions, plan)) is { } difference)
        {
            throw new InvalidOperationException($"{difference} ({plan.Engine})");
        }

        return null;
    }

    private static void Tell(
        StageContext context,
        string name,
        List<(ConvolutionCase Case, ConvolutionShape Shape)> shapes,
        Func<(ConvolutionCase Case, ConvolutionShape Shape), string?> run)
    {
        var (passed, refused, failed) = (0, 0, 0);
        foreach (var shape in shapes)
        {
            var ended = context.Try($"{name} {shape.Case}: {shape.Shape}", () =>
            {
                var refusal = run(shape);
                passed += refusal is null ? 1 : 0;
                refused += refusal is null ? 0 : 1;
                context.Tell($"{name} {shape.Case}: {shape.Shape}", refusal ?? "", refusal is null ? true : null, isDetail: true);
            });
            failed += ended ? 0 : 1;
        }

        var note = string.Create(
            CultureInfo.InvariantCulture, $"of {shapes.Count} agree with the reference; {refused} refused, {failed} failed");
        context.Count($"small shapes, {name}", passed, "shapes", note, failed == 0);
    }
}
