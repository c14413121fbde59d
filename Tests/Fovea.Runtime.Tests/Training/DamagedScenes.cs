namespace Fovea.Tests.Training;

/// <summary>A data set with an image that is damaged until someone mends it.</summary>
internal sealed class DamagedScenes(DetectionDataset<ToyClass> whole) : DetectionDataset<ToyClass>
{
    public int Bad { get; set; }

    public override string Name => whole.Name;

    public override int Count => whole.Count;

    public override DatasetReport Report => whole.Report;

    public override DatasetItem<ToyClass> this[int index] => whole[index];

    public override RgbImage LoadImage(int index) =>
        index == Bad ? throw new InvalidImageException($"scene {index}", "expected a picture, found a test.") : whole.LoadImage(index);
}
