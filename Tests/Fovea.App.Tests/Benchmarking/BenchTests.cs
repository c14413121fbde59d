using Fovea.App.Benchmarking;
using Fovea.Tiny;

namespace Fovea.Tests.App.Benchmarking;

/// <summary>Measurements leave the model as it is.</summary>
public class BenchTests
{
    [Fact]
    public void Weights_statistics_and_counts_are_those_from_before()
    {
        using var detector = TileDetector.Create(seed: 3, new DetectorOptions { Device = Device.Cpu, Threads = 1 });
        byte[] State()
        {
            using var stream = new MemoryStream();
            detector.Save(stream);
            return stream.ToArray();
        }

        var before = State();
        var result = Bench.Run(detector, new TrainerOptions { BatchSize = 2 }, trains: true, new Stopper(0, 2), default);
        Assert.Equal(before, State());
        Assert.Equal([(64, 64, 1), (64, 64, 8)], result.Detection.Select(r => (r.Width, r.Height, r.Batch)));
        Assert.Equal((64, 64, 2), Assert.Single(result.Training.Select(r => (r.Width, r.Height, r.Batch))));
        Assert.All([.. result.Detection, .. result.Training], row =>
        {
            Assert.Equal(2, row.Runs);
            Assert.True(row.MedianMilliseconds > 0 && row.P90Milliseconds >= row.MedianMilliseconds);
            Assert.Equal(row.Batch * 1000 / row.MedianMilliseconds, row.ImagesPerSecond, 6);
        });
        Assert.Contains("64×64", BenchText.Write(result), StringComparison.Ordinal);
        Assert.Contains("\"medianMilliseconds\"", BenchJson.Write(result), StringComparison.Ordinal);
    }

    [Fact]
    public void A_quantile_is_a_run_that_was_measured()
    {
        double[] times = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
        Assert.Equal(5, Stopper.Quantile(times, 0.5));
        Assert.Equal(9, Stopper.Quantile(times, 0.9));
        Assert.Equal(4, Stopper.Quantile([4], 0.9));
    }
}
