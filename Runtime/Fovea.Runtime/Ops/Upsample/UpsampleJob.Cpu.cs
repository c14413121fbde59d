using System.Numerics;
using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.Upsample;

/// <summary>
/// Rows of dtop, counted through all images. Row h is read by rows ⌈h·H/Htop⌉ … ⌈(h + 1)·H/Htop⌉ − 1 of dy, columns likewise;
/// they are added row by row, then the accumulated value.
/// </summary>
internal unsafe struct UpsampleBackwardJob<TAccumulate> : ICpuJob
    where TAccumulate : struct, IFlag
{
    public TaskSplit Split;
    public FeatureMap Top;
    public FeatureMap Shape;

    /// <summary>dy [N, H, W, C].</summary>
    public float* Dy;

    /// <summary>Like dtop.</summary>
    public float* Accumulate;

    /// <summary>dtop [N, Htop, Wtop, C].</summary>
    public float* Dtop;

    public void Execute(int task, int worker)
    {
        for (var row = Split.Begin(task); row < Split.End(task); row++)
        {
            var image = row / Top.Height;
            var h = row % Top.Height;
            var firstRow = First(h, Shape.Height, Top.Height);
            var rows = First(h + 1, Shape.Height, Top.Height) - firstRow;
            for (long w = 0; w < Top.Width; w++)
            {
                var firstColumn = First(w, Shape.Width, Top.Width);
                var columns = First(w + 1, Shape.Width, Top.Width) - firstColumn;
                var source = (((image * Shape.Height) + firstRow) * Shape.Width) + firstColumn;
                Cell(Dy + (source * Top.Channels), rows, columns, ((row * Top.Width) + w) * Top.Channels);
            }
        }
    }

    private static long First(long h, long large, long small) => ((h * large) + small - 1) / small;

    private readonly void Cell(float* dy, long rows, long columns, long at)
    {
        long channels = Top.Channels;
        var rowStride = Shape.Width * channels;
        var c = 0;
        for (; c <= channels - Vector<float>.Count; c += Vector<float>.Count)
        {
            var sum = Vector<float>.Zero;
            for (long r = 0; r < rows; r++)
            {
                for (long s = 0; s < columns; s++)
                {
                    sum += Vector.Load(dy + (r * rowStride) + (s * channels) + c);
                }
            }

            Vector.Store(TAccumulate.On ? sum + Vector.Load(Accumulate + at + c) : sum, Dtop + at + c);
        }

        for (; c < channels; c++)
        {
            float sum = 0;
            for (long r = 0; r < rows; r++)
            {
                for (long s = 0; s < columns; s++)
                {
                    sum += dy[(r * rowStride) + (s * channels) + c];
                }
            }

            Dtop[at + c] = TAccumulate.On ? sum + Accumulate[at + c] : sum;
        }
    }
}
