using Fovea.CompilerServices;

namespace Fovea.Ops.Conv;

/// <summary>
/// A convolution, or its gradient with respect to its input, as matrix products over gathered rows: destination = rows(source) · B.
/// Backward with stride s falls into s² phases: the cells of dx with equal remainders (y mod s, x mod s) read the same taps, at consecutive
/// cells of dy. Forward is the case of one phase.
/// </summary>
internal readonly struct ConvGeometry
{
    private readonly ConvParameters w;

    private ConvGeometry(FeatureMap source, in ConvParameters w, FeatureMap destination, bool backward, int tileColumns)
    {
        this.w = w;
        Source = source;
        Destination = destination;
        Backward = backward;
        var (sourcePerGroup, destinationPerGroup) = (source.Channels / w.Groups, destination.Channels / w.Groups);
        var groupsPerBlock = w.Groups == 1 ? 1 : Math.Clamp(tileColumns / destinationPerGroup, 1, w.Groups);
        Blocks = new GroupBlocks(w.Groups, groupsPerBlock, sourcePerGroup, destinationPerGroup);
    }

    public FeatureMap Source { get; }

    public FeatureMap Destination { get; }

    public bool Backward { get; }

    public GroupBlocks Blocks { get; }

    public int Phases => Backward ? w.Stride * w.Stride : 1;

    /// <summary>Whether rows of the source are rows of the matrix: nothing to gather.</summary>
    public bool IsDirect => w is { Kernel: 1, Stride: 1, Padding: 0 };

    public static ConvGeometry Forward(FeatureMap x, in ConvParameters w, FeatureMap y, int tileColumns)
    {
        Check(x, w, y);
        return new ConvGeometry(x, w, y, false, tileColumns);
    }

    public static ConvGeometry BackwardData(FeatureMap dy, in ConvParameters w, FeatureMap dx, int tileColumns)
    {
        Check(dx, w, dy);
        return new ConvGeometry(dy, w, dx, true, tileColumns);
    }

    /// <summary>Throws where x, w and y do not fit together.</summary>
    public static void Check(FeatureMap x, in ConvParameters w, FeatureMap y)
    {
        var height = ((x.Height + (2 * w.Padding) - w.Kernel) / w.Stride) + 1;
        var width = ((x.Width + (2 * w.Padding) - w.Kernel) / w.Stride) + 1;
        if (x.Channels != w.InChannels || y.Channels != w.OutChannels || y.Height != height || y.Width != width || y.Images != x.Images)
        {
            throw new ArgumentException(
                $"The convolution {w.Kernel}×{w.Kernel}, {w.InChannels} → {w.OutChannels}, stride {w.Stride}, padding {w.Padding} " +
                $"does not map {x} to {y}: expected [{x.Images},{height},{width},{w.OutChannels}] from {w.InChannels} channels. Correct the shapes in the plan.");
        }
    }

    /// <summary>Throws where two operands have not the same levels.</summary>
    public static void CheckLevels(PyramidMap from, PyramidMap to)
    {
        if (from.Levels != to.Levels)
        {
            throw new ArgumentException($"A convolution from {from} to {to}: expected as many levels on both sides. Correct the plan.");
        }
    }

    /// <summary>Throws where an operand has not the result's shape.</summary>
    public static void CheckSame(string name, PyramidMap operand, PyramidMap destination)
    {
        if (operand with { Offset = 0 } != destination with { Offset = 0 })
        {
            throw new ArgumentException($"{name} is {operand}, the result {destination}: expected equal shapes. Correct the plan.", name);
        }
    }

    /// <summary>The residual, which has the result's shape; throws where it has not.</summary>
    public static PyramidMap Residual(PyramidMap residual, PyramidMap y)
    {
        CheckSame(nameof(residual), residual, y);
        return residual;
    }

    /// <summary>The top-down path's map, which has the result's shape but for height and width; throws where it has not.</summary>
    public static FeatureMap Top(FeatureMap top, FeatureMap y)
    {
        CheckSame(nameof(top), top with { Height = y.Height, Width = y.Width }, y);
        return top;
    }

    public ConvPhase Phase(int index)
    {
        if (!Backward)
        {
            var (start, taps) = (-w.Padding, w.Kernel);
            return new ConvPhase(Destination.Height, Destination.Width, w.Stride, start, start, taps, taps, 1, 0, 0, 0, 0);
        }

        var (py, px) = Math.DivRem(index, w.Stride);
        var (tapY, tapsY, startY) = PhaseTaps(py);
        var (tapX, tapsX, startX) = PhaseTaps(px);
        var (height, width) = (CeilDiv(Destination.Height - py, w.Stride), CeilDiv(Destination.Width - px, w.Stride));
        return new ConvPhase(height, width, 1, startY, startX, tapsY, tapsX, w.Stride, py, px, tapY, tapX);
    }

    public static int CeilDiv(int a, int b) => (a + b - 1) / b;

    /// <summary>
    /// Cell y of dx meets tap k of row (y + padding − k) / stride of dy where that divides: taps k = first + t·stride, t &lt; count, whose
    /// rows fall by one each. Read backwards (the last tap first) the rows rise, from y / stride + start on.
    /// </summary>
    private (int Last, int Count, int Start) PhaseTaps(int remainder)
    {
        var first = (remainder + w.Padding) % w.Stride;
        var count = first < w.Kernel ? ((w.Kernel - 1 - first) / w.Stride) + 1 : 0;
        return (first + ((count - 1) * w.Stride), count, ((remainder + w.Padding - first) / w.Stride) - (count - 1));
    }
}

/// <summary>The cells of the destination that use the same taps, as a grid.</summary>
/// <param name="GridHeight">Rows of cells in each image.</param>
/// <param name="GridWidth">Cells in a row.</param>
/// <param name="Step">From one cell of the grid to the next, in cells of the source.</param>
/// <param name="StartY">Row of the source that the first tap of grid row 0 reads.</param>
/// <param name="StartX">Column of the source that the first tap of grid column 0 reads.</param>
/// <param name="TapsY">Rows of taps.</param>
/// <param name="TapsX">Columns of taps.</param>
/// <param name="DestinationStep">From one cell of the grid to the next, in cells of the destination.</param>
/// <param name="DestinationY">Row of the destination of grid row 0.</param>
/// <param name="DestinationX">Column of the destination of grid column 0.</param>
/// <param name="WeightY">Backward: kernel row of the first tap; each next tap is a stride less.</param>
/// <param name="WeightX">Backward: kernel column of the first tap.</param>
internal readonly record struct ConvPhase(
    int GridHeight,
    int GridWidth,
    int Step,
    int StartY,
    int StartX,
    int TapsY,
    int TapsX,
    int DestinationStep,
    int DestinationY,
    int DestinationX,
    int WeightY,
    int WeightX)
{
    public int Taps => TapsY * TapsX;
}

/// <summary>
/// Groups taken a few at a time, as many as fill a panel, as one dense block-diagonal matrix: its zeros cost less than narrow products
/// would. A dense convolution is one block of one group.
/// </summary>
/// <param name="Groups">Of the convolution.</param>
/// <param name="PerBlock">In a block; the last may have fewer.</param>
/// <param name="SourcePerGroup">Channels of the source.</param>
/// <param name="DestinationPerGroup">Channels of the destination.</param>
internal readonly record struct GroupBlocks(int Groups, int PerBlock, int SourcePerGroup, int DestinationPerGroup)
{
    public int Count => ConvGeometry.CeilDiv(Groups, PerBlock);

    /// <summary>Columns of every block but the last, which may have fewer.</summary>
    public int Columns => PerBlock * DestinationPerGroup;

    public int FirstGroup(int block) => block * PerBlock;

    public int GroupsOf(int block) => Math.Min(PerBlock, Groups - (block * PerBlock));

    public int SourceOf(int block) => GroupsOf(block) * SourcePerGroup;

    public int DestinationOf(int block) => GroupsOf(block) * DestinationPerGroup;
}
