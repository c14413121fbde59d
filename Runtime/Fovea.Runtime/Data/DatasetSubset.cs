namespace Fovea;

/// <summary>Some images of another data set.</summary>
internal sealed class DatasetSubset<TClass> : DetectionDataset<TClass>
    where TClass : struct, Enum
{
    private readonly DetectionDataset<TClass> whole;
    private readonly int[] indices;

    public DatasetSubset(DetectionDataset<TClass> whole, int[] indices)
    {
        foreach (var index in indices)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(indices));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, whole.Count, nameof(indices));
        }

        this.whole = whole;
        this.indices = indices;
        Report = DatasetReport.Of(this);
    }

    public override string Name => $"{whole.Name} ({indices.Length} of {whole.Count})";

    public override int Count => indices.Length;

    public override DatasetReport Report { get; }

    public override DatasetItem<TClass> this[int index] => whole[indices[index]];

    public override RgbImage LoadImage(int index) => whole.LoadImage(indices[index]);

    internal override string? FileOf(int index) => whole.FileOf(indices[index]);

    internal override long CategoryOf(int channel) => whole.CategoryOf(channel);
}
