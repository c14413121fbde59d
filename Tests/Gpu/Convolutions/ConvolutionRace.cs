using System.Globalization;
using Fovea.Cuda;
using Fovea.Cuda.Cudnn;
using Fovea.Gpu.Running;

namespace Fovea.Gpu.Convolutions;

/// <summary>
/// One product of one convolution by cuDNN's graph API, by its older API and by the kernels of this repository: times, and whether the
/// results agree.
/// </summary>
/// <param name="context">Takes entries.</param>
/// <param name="device">Runs it.</param>
/// <param name="graph">cuDNN's graph API, or null over a recording driver.</param>
internal sealed class ConvolutionRace(StageContext context, ConvolutionDevice device, CudnnConvolutions? graph)
{
    private const long WorkspaceLimit = 512 << 20;
    private const int Compared = 1 << 20;

    /// <summary>Of bfloat16's results, relative to the greatest.</summary>
    private const double Tolerance = 1.0 / 64;

    private readonly int measurements = context.Options.Quick ? 5 : 11;
    private readonly HashSet<ConvolutionDirection> withoutOwn = [];
    private readonly Dictionary<(ConvolutionDirection Direction, string By), (double Milliseconds, double Operations)> totals = [];

    /// <summary>Runs a product by everyone.</summary>
    public void Run(CountedConvolution convolution, ConvolutionDirection direction)
    {
        var shape = convolution.Shape.With(direction, Precision.BFloat16, direction == ConvolutionDirection.BackwardFilter
            ? ConvolutionEpilogue.NarrowParameters
            : ConvolutionEpilogue.None);
        var scratch = device.Reserve(shape, WorkspaceLimit);
        var operands = scratch.Lay(shape);
        var workspace = scratch.Address + shape.ScratchBytes();
        float[]? expected = null;
        if (graph is not null)
        {
            context.Try(Name(convolution, direction, "graph"), () =>
                expected = Graph(convolution, shape, scratch, operands, workspace));
            context.Try(Name(convolution, direction, "legacy"), () => Legacy(convolution, shape, operands, workspace, expected));
        }

        // What one shape does not have, no other has.
        if (!withoutOwn.Contains(direction)
            && !context.Try(Name(convolution, direction, "own"), () =>
                Own(convolution, shape with { Epilogue = ConvolutionEpilogue.None }, operands, expected)))
        {
            withoutOwn.Add(direction);
        }
    }

    /// <summary>Records the sums over all convolutions of the network.</summary>
    public void TellTotals()
    {
        foreach (var ((direction, by), (milliseconds, operations)) in totals)
        {
            context.Time($"all {direction}, {by}", milliseconds, "ms", Speed(operations, milliseconds));
        }
    }

    private static string Name(CountedConvolution convolution, ConvolutionDirection direction, string by) =>
        $"{convolution.Shape.Name} {direction}, {by}";

    private static string Speed(double operations, double milliseconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{operations / milliseconds / 1e9:F1} TFLOP/s");

    private static ConvolutionOperand ResultOf(ConvolutionDirection direction) => direction switch
    {
        ConvolutionDirection.Forward => ConvolutionOperand.Y,
        ConvolutionDirection.BackwardData => ConvolutionOperand.X,
        _ => ConvolutionOperand.W,
    };

    private float[]? Graph(
        CountedConvolution convolution,
        ConvolutionShape shape,
        ConvolutionScratch scratch,
        ConvolutionOperands operands,
        DeviceAddress workspace)
    {
        if (!graph!.TryPrepare(shape, scratch, device.Stream, out var plan))
        {
            context.Tell(Name(convolution, shape.Direction, "graph"), graph.Refusal, null);
            return null;
        }

        // Timing the candidates has written over the operands.
        device.Reserve(shape, WorkspaceLimit);
        var time = device.Timer.Median(measurements, () => graph.Execute(plan, device.Stream, operands, workspace));
        Tell(convolution, shape.Direction, "graph", time, $"{plan.Engine}, {plan.WorkspaceBytes >> 20} MiB of workspace");
        return Read(operands[ResultOf(shape.Direction)], shape);
    }

    private void Legacy(
        CountedConvolution convolution, ConvolutionShape shape, ConvolutionOperands operands, DeviceAddress workspace, float[]? expected)
    {
        using var plan = device.Legacy!.TryPlan(device.Handle!, shape, WorkspaceLimit);
        if (plan is null)
        {
            context.Tell(Name(convolution, shape.Direction, "legacy"), "no algorithm", null);
            return;
        }

        var time = device.Timer.Median(measurements, () => plan.Execute(device.Handle!, operands, workspace));
        Tell(convolution, shape.Direction, "legacy", time, plan.Engine);
        Compare(convolution, shape.Direction, "legacy", expected, Read(operands[ResultOf(shape.Direction)], shape));
    }

    private void Own(CountedConvolution convolution, ConvolutionShape shape, ConvolutionOperands operands, float[]? expected)
    {
        device.Reserve(shape, WorkspaceLimit);
        using var own = new OwnConvolutionDevice(device.Driver, device.Device, shape);
        own.Load(operands);
        own.Run();
        using var timer = new Machines.EventTimer(device.Driver, own.Stream);
        var time = timer.Median(context.Options.Quick ? 3 : 5, own.Run);
        device.Driver.SynchronizeStream(own.Stream);
        Tell(convolution, shape.Direction, "own", time, "");
        Compare(convolution, shape.Direction, "own", expected, Read(own.Result, shape));
    }

    private void Tell(CountedConvolution convolution, ConvolutionDirection direction, string by, double milliseconds, string note)
    {
        var speed = Speed(convolution.Operations, milliseconds);
        context.Time(
            Name(convolution, direction, by), milliseconds, "ms",
            string.Create(CultureInfo.InvariantCulture, $"{speed}; {convolution.Count} in the network; {note}"), isDetail: true);
        var sum = totals.GetValueOrDefault((direction, by));
        totals[(direction, by)] =
            (sum.Milliseconds + (convolution.Count * milliseconds), sum.Operations + (convolution.Count * convolution.Operations));
    }

    private float[] Read(DeviceAddress address, in ConvolutionShape shape)
    {
        var result = ResultOf(shape.Direction);
        var type = result == ConvolutionOperand.W ? shape.ParameterType : shape.ValueType;
        var bytes = Math.Min(shape.BytesOf(result), Compared * (type == CudnnDataType.Float ? sizeof(float) : sizeof(ushort)));
        return device.Download(address, bytes, type);
    }

    private void Compare(CountedConvolution convolution, ConvolutionDirection direction, string by, float[]? expected, float[] actual)
    {
        if (expected is null)
        {
            return;
        }

        var (greatest, worst) = (1e-3, 0.0);
        for (var i = 0; i < Math.Min(expected.Length, actual.Length); i++)
        {
            greatest = Math.Max(greatest, Math.Abs(expected[i]));
            var error = Math.Abs((double)expected[i] - actual[i]);
            worst = double.IsNaN(error) ? double.PositiveInfinity : Math.Max(worst, error);
        }

        context.Result(
            $"{Name(convolution, direction, by)} against graph", worst / greatest, "of max", worst <= Tolerance * greatest, isDetail: true);
    }
}
