using Fovea.Checkpoints;
using Fovea.Training;

namespace Fovea.Tests.Training;

/// <summary>What a diverged step has left is read whole, or refused and nothing is changed or left over.</summary>
public sealed class DivergenceDumpTests : IDisposable
{
    private const int Images = 2;
    private const int Side = 64;
    private readonly TempFolder folder = new();

    public DivergenceDumpTests()
    {
        using var detector = ToyDetector.Create(1);
        using var session = detector.CreateTrainingSession(Images, Side, Side, maxBoxes: 4);
        session.SetTruth(1, [8f, 8, 40, 40, 10, 20, 30, 60], [0, 2]);
        DivergenceDump.Write(folder.Path, detector, session, "epoch 1", ["a", "b"]);
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_was_written_is_read()
    {
        using var detector = ToyDetector.Create(7);
        var (session, images) = DivergenceDump.Open(folder.Path, detector);
        using (session)
        {
            Assert.Equal(["a", "b"], images);
            Assert.Equal((Images, Side, Side, 2), (session.Images, session.Height, session.Width, session.MaxBoxes));
            Assert.Empty(session.ReadTruth(0).Channels);
            Assert.Equal([0, 2], session.ReadTruth(1).Channels);
            Assert.Equal([8f, 8, 40, 40, 10, 20, 30, 60], session.ReadTruth(1).Boxes);
        }

        using var first = ToyDetector.Create(1);
        Assert.Equal(State(first), State(detector));
    }

    [Theory]
    [InlineData("input: expected the shape [2, H, W, 3]", new[] { 2, 64, 64, 4 }, new long[] { 0, 2 }, new long[] { 0, 2 }, 2)]
    [InlineData("input: expected the shape [2, H, W, 3]", new[] { 2, 64, 192 }, new long[] { 0, 2 }, new long[] { 0, 2 }, 2)]
    [InlineData("input: expected the shape [1, H, W, 3]", new[] { 2, 64, 64, 3 }, new long[] { 2 }, new long[] { 0, 2 }, 2)]
    [InlineData("expected multiples of 32", new[] { 2, 64, 65, 3 }, new long[] { 0, 2 }, new long[] { 0, 2 }, 2)]
    [InlineData("input: expected a batch", new[] { 0, 64, 64, 3 }, new long[0], new long[0], 0)]
    [InlineData("counts[0]: expected 0 to 2", new[] { 2, 64, 64, 3 }, new long[] { -1, 3 }, new long[] { 0, 2 }, 2)]
    [InlineData("counts[1]: expected 0 to 1", new[] { 2, 64, 64, 3 }, new[] { 1, long.MaxValue }, new long[] { 0, 2 }, 2)]
    [InlineData("counts[0]: expected 0 to 2", new[] { 2, 64, 64, 3 }, new[] { long.MaxValue, long.MaxValue }, new long[] { 0, 2 }, 2)]
    [InlineData("counts: expected 2 in all, as there are class", new[] { 2, 64, 64, 3 }, new long[] { 0, 1 }, new long[] { 0, 2 }, 2)]
    [InlineData("classes[1]: expected a channel from 0 to 2, found 3", new[] { 2, 64, 64, 3 }, new long[] { 0, 2 }, new long[] { 0, 3 }, 2)]
    [InlineData("classes[0]: expected a channel", new[] { 2, 64, 64, 3 }, new long[] { 0, 2 }, new[] { long.MinValue, 2 }, 2)]
    [InlineData("boxes: expected the shape [2, 4]", new[] { 2, 64, 64, 3 }, new long[] { 0, 2 }, new long[] { 0, 2 }, 3)]
    public void A_damaged_batch_is_refused_and_named(string expected, int[] input, long[] counts, long[] classes, int boxes)
    {
        var writer = new SafetensorsWriter();
        writer.Add("input", input, () => new float[input.Aggregate(1, (a, b) => a * b)]);
        writer.Add("boxes", [boxes, 4], () => new float[boxes * 4]);
        writer.Add("classes", [classes.Length], classes);
        writer.Add("counts", [counts.Length], counts);
        CheckpointWriter.Write(folder.File("batch.safetensors"), writer);
        Refused(expected);
    }

    [Fact]
    public void Values_of_another_type_and_a_missing_tensor_are_refused_and_named()
    {
        var writer = new SafetensorsWriter();
        writer.Add("input", [1, 32, 32, 3], () => new float[32 * 32 * 3]);
        writer.Add("boxes", [0, 4], () => []);
        writer.Add("classes", [0], () => []);
        CheckpointWriter.Write(folder.File("batch.safetensors"), writer);
        Refused("classes: expected integers");
        CheckpointWriter.Write(folder.File("batch.safetensors"), new SafetensorsWriter());
        Refused("has no tensor \"boxes\"");
    }

    [Fact]
    public void Weights_that_do_not_fit_leave_the_detectors_own_and_no_session()
    {
        var writer = new SafetensorsWriter();
        writer.Add("other", [1], () => [1]);
        CheckpointWriter.Write(folder.File("weights.safetensors"), writer);
        Refused("weights.safetensors");

        using var driver = new RecordingCudaDriver();
        using var detector = ToyDetector.Create(1, new DetectorOptions { Device = Device.Cuda, CudaDriver = driver });
        var before = driver.BytesInUse;
        Assert.Throws<CheckpointException>(() => DivergenceDump.Open(folder.Path, detector));
        Assert.Equal(before, driver.BytesInUse);
    }

    private void Refused(string expected)
    {
        using var detector = ToyDetector.Create(7);
        var before = State(detector);
        var error = Assert.Throws<CheckpointException>(() => DivergenceDump.Open(folder.Path, detector));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, State(detector));
    }

    private static float[] State(ToyDetector detector) => [.. detector.Description.Tensors.SelectMany(t => detector.ReadTensor(t.Key))];
}
