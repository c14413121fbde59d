using Fovea.Cpu;
using Fovea.CompilerServices;

namespace Fovea.Ops.Norm;

/// <summary>
/// Batch and group normalisation as one thing: <paramref name="Slabs"/> independent matrices of
/// <paramref name="Rows"/> × <paramref name="Channels"/>, in each of which a group of neighbouring channels shares a mean and a deviation.
/// Batch normalisation: one slab of all N·H·W cells, as many groups as channels. Group normalisation: one slab for each image.
/// </summary>
internal readonly record struct NormShape(int Slabs, long Rows, int Channels, int Groups)
{
    /// <summary>More tasks than any machine has cores, and few enough that their partial sums are soon added.</summary>
    private const int MaxTasks = 128;

    public int ChannelsPerGroup => Channels / Groups;

    /// <summary>Elements that share a mean.</summary>
    public double Count => (double)Rows * ChannelsPerGroup;

    /// <summary>The split of one slab; tasks of all slabs are numbered slab by slab.</summary>
    public TaskSplit Split => TaskSplit.For(Rows, Channels, MaxTasks);

    /// <summary>Tasks of all slabs.</summary>
    public int Tasks => Slabs * Split.Count;

    /// <summary>Of a normalisation of x; group normalisation is what has groups.</summary>
    public static NormShape Of(FeatureMap x, in NormParameters p) => p.Groups > 0
        ? new(x.Images, (long)x.Height * x.Width, x.Channels, p.Groups)
        : new(1, x.Cells, x.Channels, x.Channels);
}
