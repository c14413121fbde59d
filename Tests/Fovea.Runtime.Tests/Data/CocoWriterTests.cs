namespace Fovea.Tests.Data;

public class CocoWriterTests
{
    [Fact]
    public void A_written_data_set_reads_back_the_same()
    {
        using var folder = new TempFolder();
        var random = new SeededRandom(8);
        var images = Enumerable.Range(0, 5).Select(i =>
        {
            LabeledBox<Road>[] objects = [.. Enumerable.Range(0, i).Select(k =>
            {
                // Right edges at the picture's own edge, where x + width must not come out larger.
                var x = (float)random.NextDouble(0, 30);
                var value = k % 2 == 0 ? Road.Car : Road.TrafficLight;
                return new LabeledBox<Road>(value, new Box(x, x / 3, 64, 33.3f), k == 3) { Area = 100 + k };
            })];
            return (ImageFileTests.Gradient(64, 48), (IReadOnlyList<LabeledBox<Road>>)objects);
        }).ToArray();
        var written = new InMemoryDataset<Road>("made", images);
        CocoWriter.Write(written, Path.Combine(folder.Path, "labels.json"), Path.Combine(folder.Path, "images"));
        var read = CocoDataset<Road>.Open(Path.Combine(folder.Path, "labels.json"), Path.Combine(folder.Path, "images"));
        Assert.Equal(written.Count, read.Count);
        Assert.Empty(read.Report.BoxesCut);
        for (var i = 0; i < read.Count; i++)
        {
            Assert.Equal(
                written[i].Objects.Select(o => (o.Class, o.Box, o.IsCrowd, o.Area)),
                read[i].Objects.Select(o => (o.Class, o.Box, o.IsCrowd, o.Area)));
            Assert.Equal(written.LoadImage(i).Pixels, read.LoadImage(i).Pixels);
        }
    }

    [Fact]
    public void A_split_is_reproducible_and_complete()
    {
        var images = Enumerable.Range(0, 20).Select(_ => (new RgbImage(4, 4), (IReadOnlyList<LabeledBox<Road>>)[]));
        var whole = new InMemoryDataset<Road>("whole", images);
        var (first, second) = whole.Split(0.25, seed: 3);
        Assert.Equal((5, 15), (first.Count, second.Count));
        var ids = Enumerable.Range(0, 5).Select(i => first[i].Id).Concat(Enumerable.Range(0, 15).Select(i => second[i].Id)).ToArray();
        Assert.Equal(Enumerable.Range(1, 20).Select(i => (long)i), ids.Order());
        Assert.Equal(Enumerable.Range(0, 5).Select(i => first[i].Id), Ids(whole.Split(0.25, seed: 3).First));
        Assert.NotEqual(Ids(first), Ids(whole.Split(0.25, seed: 4).First));

        static long[] Ids(DetectionDataset<Road> set) => [.. Enumerable.Range(0, set.Count).Select(i => set[i].Id)];
    }

    [Fact]
    public void A_made_data_set_with_a_wrong_box_or_class_is_refused()
    {
        LabeledBox<Road>[] wrong =
        [
            new(Road.Car, new Box(1, 1, 1, 3)), new(Road.Car, new Box(0, 0, 5, float.NaN)), new((Road)2, new Box(0, 0, 2, 2)),
        ];
        var error = Assert.Throws<DatasetException>(() => new InMemoryDataset<Road>("made", [(new RgbImage(4, 4), wrong)]));
        Assert.Contains("3 problems", error.Message, StringComparison.Ordinal);
        Assert.Contains("made[0].Objects[2].Class: expected a member of Road, found 2", error.Message, StringComparison.Ordinal);
    }
}
