namespace Fovea.Tests.Evaluation;

public class EvaluationLoadingTests
{
    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 0)]
    [InlineData(2, 1 << 20)]
    public void Any_threads_and_cache_give_the_same_numbers(int threads, long cacheBytes)
    {
        using var detector = ToyDetector.Create(5).Excited();
        var dataset = new Counting(ToyScenes.Create(9, 1));
        var expected = detector.Evaluate(dataset);
        var loading = new EvaluationLoading(threads, cacheBytes);
        for (var again = 0; again < 2; again++)
        {
            var actual = detector.EvaluateWith(loading, dataset);
            Assert.Equal(expected.ToJson(), actual.ToJson());
            Assert.True(expected.Precision.SequenceEqual(actual.Precision));
        }
    }

    [Fact]
    public void What_one_evaluation_has_decoded_the_next_of_the_same_set_need_not()
    {
        using var detector = ToyDetector.Create(5);
        var (dataset, other) = (new Counting(ToyScenes.Create(6, 1)), new Counting(ToyScenes.Create(6, 2)));
        var loading = new EvaluationLoading(cacheBytes: 1 << 20);
        detector.EvaluateWith(loading, dataset);
        detector.EvaluateWith(loading, dataset);
        Assert.Equal(6, dataset.Loaded);

        // Numbers of images mean others there.
        detector.EvaluateWith(loading, other);
        Assert.Equal(6, other.Loaded);

        var without = new EvaluationLoading();
        detector.EvaluateWith(without, dataset);
        detector.EvaluateWith(without, dataset);
        Assert.Equal(18, dataset.Loaded);
    }

    [Fact]
    public void Values_out_of_range_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new EvaluationLoading(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new EvaluationLoading(257));
        Assert.Throws<ArgumentOutOfRangeException>(() => new EvaluationLoading(1, -1));
    }

    /// <summary>Counts the pictures that are read.</summary>
    private sealed class Counting(DetectionDataset<ToyClass> inner) : DetectionDataset<ToyClass>
    {
        private int loaded;

        public int Loaded => loaded;

        public override string Name => inner.Name;

        public override int Count => inner.Count;

        public override DatasetReport Report => inner.Report;

        public override DatasetItem<ToyClass> this[int index] => inner[index];

        public override RgbImage LoadImage(int index)
        {
            Interlocked.Increment(ref loaded);
            return inner.LoadImage(index);
        }
    }
}
