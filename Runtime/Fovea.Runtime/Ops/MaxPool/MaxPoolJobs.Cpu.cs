using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.MaxPool;

/// <summary>Rows of the output, counted through all images: each is the maximum of two or three rows of x.</summary>
internal unsafe struct MaxPoolJob : ICpuJob
{
    public TaskSplit Split;
    public FeatureMap Input;
    public FeatureMap Output;

    /// <summary>x [N, H, W, C].</summary>
    public float* X;

    /// <summary>y [N, ⌈H/2⌉, ⌈W/2⌉, C].</summary>
    public float* Y;

    public void Execute(int task, int worker)
    {
        for (var row = Split.Begin(task); row < Split.End(task); row++)
        {
            var image = row / Output.Height;
            var i = (int)(row % Output.Height);
            for (var j = 0; j < Output.Width; j++)
            {
                Cell(image, i, j, Y + (((row * Output.Width) + j) * Output.Channels));
            }
        }
    }

    private readonly void Cell(long image, int i, int j, float* y)
    {
        var window = new PoolWindow(Input, i, j);
        var top = X + (((image * Input.Height) + window.Top) * window.RowLength);
        var middle = X + (((image * Input.Height) + window.Middle) * window.RowLength);
        var bottom = X + (((image * Input.Height) + window.Bottom) * window.RowLength);
        var (left, center, right) = (window.Left, window.Center, window.Right);
        var c = 0;
        for (; c <= Input.Channels - Vector<float>.Count; c += Vector<float>.Count)
        {
            // Vector.Max keeps a NaN, as torch does.
            var first = Vector.Max(Vector.Max(Vector.Load(top + left + c), Vector.Load(top + center + c)), Vector.Load(top + right + c));
            var second = Vector.Max(
                Vector.Max(Vector.Load(middle + left + c), Vector.Load(middle + center + c)), Vector.Load(middle + right + c));
            var third = Vector.Max(
                Vector.Max(Vector.Load(bottom + left + c), Vector.Load(bottom + center + c)), Vector.Load(bottom + right + c));
            Vector.Store(Vector.Max(Vector.Max(first, second), third), y + c);
        }

        for (; c < Input.Channels; c++)
        {
            var first = MathF.Max(MathF.Max(top[left + c], top[center + c]), top[right + c]);
            var second = MathF.Max(MathF.Max(middle[left + c], middle[center + c]), middle[right + c]);
            var third = MathF.Max(MathF.Max(bottom[left + c], bottom[center + c]), bottom[right + c]);
            y[c] = MathF.Max(MathF.Max(first, second), third);
        }
    }
}

/// <summary>
/// Bands of dx, counted through all images. A band's task visits every window that touches its rows (the one below the band
/// too) and writes only its own rows: a cell's contributions are added in the order of the windows, whatever the bands.
/// </summary>
internal unsafe struct MaxPoolBackwardJob : ICpuJob
{
    /// <summary>Output rows of a band: 16 input rows, so that the window row visited twice costs an eighth.</summary>
    public const int BandRows = 8;

    public FeatureMap Input;
    public FeatureMap Output;

    /// <summary>x [N, H, W, C].</summary>
    public float* X;

    /// <summary>y [N, ⌈H/2⌉, ⌈W/2⌉, C].</summary>
    public float* Y;

    /// <summary>Like y.</summary>
    public float* Dy;

    /// <summary>Like x.</summary>
    public float* Dx;

    public readonly int BandsPerImage => (Output.Height + BandRows - 1) / BandRows;

    public void Execute(int task, int worker)
    {
        long image = task / BandsPerImage;
        var firstWindow = task % BandsPerImage * BandRows;
        var first = 2 * firstWindow;
        var end = Math.Min(Input.Height, first + (2 * BandRows));
        var rowLength = (long)Input.Width * Input.Channels;
        NativeMemory.Clear(Dx + (((image * Input.Height) + first) * rowLength), (nuint)((end - first) * rowLength) * sizeof(float));
        for (var i = firstWindow; i <= Math.Min(firstWindow + BandRows, Output.Height - 1); i++)
        {
            for (var j = 0; j < Output.Width; j++)
            {
                Cell(image, i, j, first, end);
            }
        }
    }

    private readonly void Cell(long image, int i, int j, int firstRow, int endRow)
    {
        var window = new PoolWindow(Input, i, j);
        var start = image * Input.Height;
        var output = ((((image * Output.Height) + i) * Output.Width) + j) * Output.Channels;
        var c = 0;
        for (; c <= Input.Channels - Vector<float>.Count; c += Vector<float>.Count)
        {
            var y = Vector.Load(Y + output + c);
            var rest = Vector.Load(Dy + output + c);
            Row(((start + window.Top) * window.RowLength) + c, window, y, ref rest, window.Top >= firstRow && window.Top < endRow);
            Row(((start + window.Middle) * window.RowLength) + c, window, y, ref rest, window.Middle >= firstRow && window.Middle < endRow);
            Row(((start + window.Bottom) * window.RowLength) + c, window, y, ref rest, window.Bottom >= firstRow && window.Bottom < endRow);
        }

        for (; c < Input.Channels; c++)
        {
            ScalarCell(image, i, j, c, output + c, firstRow, endRow);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Row(long at, in PoolWindow window, Vector<float> y, ref Vector<float> rest, bool owned)
    {
        Tap(at + window.Left, y, ref rest, owned);
        Tap(at + window.Center, y, ref rest, owned);
        Tap(at + window.Right, y, ref rest, owned);
    }

    /// <summary>
    /// What has been given to the first maximum is not given again: not to a later one, nor to a cell that the edge repeats.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Tap(long at, Vector<float> y, ref Vector<float> rest, bool owned)
    {
        var here = Vector.Equals(Vector.Load(X + at), y);
        if (owned)
        {
            Vector.Store(Vector.Load(Dx + at) + Vector.ConditionalSelect(here, rest, Vector<float>.Zero), Dx + at);
        }

        rest = Vector.ConditionalSelect(here, Vector<float>.Zero, rest);
    }

    private readonly void ScalarCell(long image, int i, int j, int c, long output, int firstRow, int endRow)
    {
        for (var h = Math.Max(0, (2 * i) - 1); h < Math.Min(Input.Height, (2 * i) + 2); h++)
        {
            for (var w = Math.Max(0, (2 * j) - 1); w < Math.Min(Input.Width, (2 * j) + 2); w++)
            {
                var at = (((((image * Input.Height) + h) * Input.Width) + w) * Input.Channels) + c;
                if (X[at] != Y[output])
                {
                    continue;
                }

                if (h >= firstRow && h < endRow)
                {
                    Dx[at] += Dy[output];
                }

                return;
            }
        }
    }
}

/// <summary>
/// Rows and columns of output cell (i, j)'s window. At an edge the row or column outside repeats its neighbour inside, which changes
/// no maximum and, coming right beside it, no order.
/// </summary>
internal readonly struct PoolWindow(FeatureMap x, int i, int j)
{
    /// <summary>Elements of a row of x.</summary>
    public long RowLength { get; } = (long)x.Width * x.Channels;

    /// <summary>First row.</summary>
    public int Top { get; } = Math.Max(0, (2 * i) - 1);

    /// <summary>Second row.</summary>
    public int Middle { get; } = 2 * i;

    /// <summary>Third row.</summary>
    public int Bottom { get; } = Math.Min(x.Height - 1, (2 * i) + 1);

    /// <summary>First element of the first column, within a row.</summary>
    public long Left { get; } = (long)Math.Max(0, (2 * j) - 1) * x.Channels;

    /// <summary>Of the second column.</summary>
    public long Center { get; } = 2L * j * x.Channels;

    /// <summary>Of the third column.</summary>
    public long Right { get; } = (long)Math.Min(x.Width - 1, (2 * j) + 1) * x.Channels;
}
