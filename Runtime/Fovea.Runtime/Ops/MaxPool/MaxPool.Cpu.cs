using System.Numerics;
using Fovea.Cpu;
using Fovea.Tensors;

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
        var corner = X + (((((image * Input.Height) + window.Top) * Input.Width) + window.Left) * Input.Channels);
        var rowStride = (long)Input.Width * Input.Channels;
        var c = 0;
        for (; c <= Input.Channels - Vector<float>.Count; c += Vector<float>.Count)
        {
            var best = Vector.Load(corner + c);
            for (var r = 0; r < window.Rows; r++)
            {
                for (var s = 0; s < window.Columns; s++)
                {
                    // Vector.Max keeps a NaN, as torch does.
                    best = Vector.Max(best, Vector.Load(corner + (r * rowStride) + ((long)s * Input.Channels) + c));
                }
            }

            Vector.Store(best, y + c);
        }

        for (; c < Input.Channels; c++)
        {
            var best = corner[c];
            for (var r = 0; r < window.Rows; r++)
            {
                for (var s = 0; s < window.Columns; s++)
                {
                    best = MathF.Max(best, corner[(r * rowStride) + ((long)s * Input.Channels) + c]);
                }
            }

            y[c] = best;
        }
    }
}

/// <summary>
/// Bands of dx, counted through all images. A band's task visits every window that touches its rows (the one below the band too) and writes only
/// its own rows: a cell's contributions are added in the order of the windows, whatever the bands.
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
        NativeClear(Dx + (((image * Input.Height) + first) * rowLength), (end - first) * rowLength);
        for (var i = firstWindow; i <= Math.Min(firstWindow + BandRows, Output.Height - 1); i++)
        {
            for (var j = 0; j < Output.Width; j++)
            {
                Cell(image, i, j, first, end);
            }
        }
    }

    private static void NativeClear(float* pointer, long length) =>
        System.Runtime.InteropServices.NativeMemory.Clear(pointer, (nuint)length * sizeof(float));

    private readonly void Cell(long image, int i, int j, int firstRow, int endRow)
    {
        var window = new PoolWindow(Input, i, j);
        var corner = ((((image * Input.Height) + window.Top) * Input.Width) + window.Left) * Input.Channels;
        var output = ((((image * Output.Height) + i) * Output.Width) + j) * Output.Channels;
        var c = 0;
        for (; c <= Input.Channels - Vector<float>.Count; c += Vector<float>.Count)
        {
            var y = Vector.Load(Y + output + c);
            var rest = Vector.Load(Dy + output + c);
            for (var r = 0; r < window.Rows; r++)
            {
                for (var s = 0; s < window.Columns; s++)
                {
                    var at = corner + (((r * (long)Input.Width) + s) * Input.Channels) + c;
                    var here = Vector.Equals(Vector.Load(X + at), y);
                    if (window.Top + r >= firstRow && window.Top + r < endRow)
                    {
                        Vector.Store(Vector.Load(Dx + at) + Vector.ConditionalSelect(here, rest, Vector<float>.Zero), Dx + at);
                    }

                    // What has been given to the first maximum is not given again.
                    rest = Vector.ConditionalSelect(here, Vector<float>.Zero, rest);
                }
            }
        }

        for (; c < Input.Channels; c++)
        {
            ScalarCell(window, corner + c, output + c, firstRow, endRow);
        }
    }

    private readonly void ScalarCell(PoolWindow window, long corner, long output, int firstRow, int endRow)
    {
        for (var r = 0; r < window.Rows; r++)
        {
            for (var s = 0; s < window.Columns; s++)
            {
                var at = corner + (((r * (long)Input.Width) + s) * Input.Channels);
                if (X[at] != Y[output])
                {
                    continue;
                }

                if (window.Top + r >= firstRow && window.Top + r < endRow)
                {
                    Dx[at] += Dy[output];
                }

                return;
            }
        }
    }
}

/// <summary>The part of output cell (i, j)'s window that lies inside x.</summary>
internal readonly struct PoolWindow(FeatureMap x, int i, int j)
{
    public int Top { get; } = Math.Max(0, (2 * i) - 1);

    public int Left { get; } = Math.Max(0, (2 * j) - 1);

    public int Rows { get; } = Math.Min(x.Height, (2 * i) + 2) - Math.Max(0, (2 * i) - 1);

    public int Columns { get; } = Math.Min(x.Width, (2 * j) + 2) - Math.Max(0, (2 * j) - 1);
}
