namespace Fovea;

/// <summary>
/// Images with labelled boxes: what a detector of the same class enum trains on and is evaluated on. Reading images is safe from several
/// threads at once.
/// </summary>
/// <typeparam name="TClass">The class enum.</typeparam>
public abstract class DetectionDataset<TClass>
    where TClass : struct, Enum
{
    /// <summary>How messages and reports call it.</summary>
    public abstract string Name { get; }

    /// <summary>Images, those without objects included.</summary>
    public abstract int Count { get; }

    /// <summary>What was read and what was left out.</summary>
    public abstract DatasetReport Report { get; }

    /// <summary>Classes, channels and names.</summary>
    public ClassMap<TClass> Classes => ClassMap<TClass>.Instance;

    /// <summary>The image of a number, 0 … <see cref="Count"/> − 1, without its pixels.</summary>
    public abstract DatasetItem<TClass> this[int index] { get; }

    /// <summary>The pixels of an image, of the size that its item says.</summary>
    /// <param name="index">0 … <see cref="Count"/> − 1.</param>
    /// <exception cref="InvalidImageException">The file is no picture, damaged or cut off.</exception>
    /// <exception cref="DatasetException">Its size is not the annotated one.</exception>
    public abstract RgbImage LoadImage(int index);

    /// <summary>The file that an image is read from; null where it does not come from one, so that its name is a name alone.</summary>
    internal virtual string? FileOf(int index) => null;

    /// <summary>
    /// The id that the data set's own file gives to a class; where it gives none, the channel + 1, as <see cref="CocoWriter"/> writes it.
    /// </summary>
    internal virtual long CategoryOf(int channel) => channel + 1;

    /// <summary>A part of this data set, for example a fold or a quick check.</summary>
    /// <param name="indices">Numbers of this data set's images, in the order wanted.</param>
    public DetectionDataset<TClass> Subset(IEnumerable<int> indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        return new DatasetSubset<TClass>(this, [.. indices]);
    }

    /// <summary>A reproducible division: a share of the images, drawn at random, and the rest.</summary>
    /// <param name="share">Of the images, 0 … 1, for the first part.</param>
    /// <param name="seed">The same seed gives the same division on every machine.</param>
    public (DetectionDataset<TClass> First, DetectionDataset<TClass> Second) Split(double share, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        var order = Enumerable.Range(0, Count).ToArray();
        new SeededRandom(seed).Shuffle<int>(order);
        var first = (int)Math.Round(share * Count);
        return (Subset(order.Take(first).Order()), Subset(order.Skip(first).Order()));
    }
}
