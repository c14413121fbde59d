namespace Fovea.Tests.Training;

public class TrainingSessionTests
{
    private static readonly Box[] Boxes = [new(8, 8, 24, 24), new(30, 30, 60, 56)];
    private static readonly int[] Channels = [0, 2];

    [Theory]
    [InlineData("backbone.body.conv1.weight", 5)]
    [InlineData("backbone.body.bn1.weight", 3)]
    [InlineData("backbone.body.bn1.bias", 3)]
    [InlineData("backbone.body.conv2.weight", 100)]
    [InlineData("backbone.body.bn2.bias", 7)]
    [InlineData("backbone.fpn.inner_blocks.0.0.weight", 1000)]
    [InlineData("backbone.fpn.layer_blocks.0.0.bias", 2)]
    [InlineData("head.classification_head.cls_logits.weight", 40)]
    [InlineData("head.regression_head.bbox_reg.bias", 1)]
    public void Gradients_agree_with_finite_differences(string key, int index)
    {
        using var detector = ToyDetector.Create(11);
        SpreadHeads(detector);
        using var session = Prepare(detector);
        session.ForwardBackward();
        var gradient = session.ReadGradient(key)[index];
        var values = detector.ReadTensor(key);
        var centre = values[index];
        const float Step = 3e-4f;
        double LossAt(float v)
        {
            values[index] = v;
            detector.WriteTensor(key, values);
            return session.ForwardBackward().Loss;
        }

        var numeric = (LossAt(centre + Step) - LossAt(centre - Step)) / (2 * Step);
        var tolerance = 2e-2 * Math.Max(Math.Abs(numeric), 0.02);
        Assert.True(Math.Abs(gradient - numeric) <= tolerance, $"{key}[{index}]  expected {numeric:G5}  actual {gradient:G5}  tolerance {tolerance:G3}");
    }

    [Fact]
    public void Steps_decrease_the_loss()
    {
        using var detector = ToyDetector.Create(1);
        using var session = Prepare(detector);
        var optimizer = detector.CreateOptimizer(new AdamW { LearningRate = 3e-3 });
        var first = session.Step(optimizer, 3e-3, 10);
        var last = first;
        for (var i = 0; i < 60; i++)
        {
            last = session.Step(optimizer, 3e-3, 10);
        }

        Assert.True(last.Loss < 0.5 * first.Loss, $"loss {first.Loss} → {last.Loss}");
        Assert.True(first.Foreground > 0);
        Assert.Equal(61, optimizer.Steps);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Steps_have_the_same_bits_at_any_number_of_threads(int threads)
    {
        using var expected = ToyDetector.Create(1, new DetectorOptions { Threads = 2 });
        using var actual = ToyDetector.Create(1, new DetectorOptions { Threads = threads });
        foreach (var detector in new[] { expected, actual })
        {
            using var session = Prepare(detector);
            var optimizer = detector.CreateOptimizer(new Sgd());
            for (var i = 0; i < 3; i++)
            {
                session.Step(optimizer, 0.01, 1);
            }
        }

        foreach (var tensor in expected.Description.Tensors)
        {
            Assert.True(expected.ReadTensor(tensor.Key).AsSpan().SequenceEqual(actual.ReadTensor(tensor.Key)), tensor.Key);
        }
    }

    [Fact]
    public void A_step_allocates_nothing_once_it_is_warm()
    {
        using var detector = ToyDetector.Create(1, new DetectorOptions { Threads = 2 });
        using var session = Prepare(detector);
        var optimizer = detector.CreateOptimizer(new AdamW());
        Allocations.AssertNone("a step", () => session.Step(optimizer, 1e-4, 1), warmUps: 50);
    }

    [Fact]
    public void A_loss_that_is_no_number_leaves_the_weights_and_says_what_to_try()
    {
        using var detector = ToyDetector.Create(1);
        using var session = Prepare(detector);
        session.SetInput(Enumerable.Repeat(float.NaN, 2 * 64 * 64 * 3).ToArray());
        var before = detector.ReadTensor("head.regression_head.bbox_reg.weight");
        var optimizer = detector.CreateOptimizer(new Sgd());
        var error = Assert.Throws<TrainingDivergedException>(() => session.Step(optimizer, 0.1));
        Assert.Contains("learning rate", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, detector.ReadTensor("head.regression_head.bbox_reg.weight"));
        Assert.Equal(0, optimizer.Steps);
    }

    [Fact]
    public void Detection_follows_training()
    {
        using var detector = ToyDetector.Create(1);
        using var inference = detector.CreateSession(1, 64, 64);
        inference.Run();
        var before = inference.ReadLogits(0);
        using var session = Prepare(detector);
        session.Step(detector.CreateOptimizer(new Sgd()), 0.05);
        inference.Run();
        Assert.NotEqual(before, inference.ReadLogits(0));
    }

    [Fact]
    public void Nothing_in_a_crowd_region_is_trained_as_background()
    {
        using var detector = ToyDetector.Create(1);
        using var session = Prepare(detector);
        Box everywhere = new(-1000, -1000, 1064, 1064);
        session.SetTruth(0, [everywhere], [-1]);
        session.SetTruth(1, [everywhere], [-1]);
        var step = session.ForwardBackward();
        Assert.Equal((0, 0, 0), (step.Classification, step.Box, step.Foreground));
        Assert.All(session.ReadGradient("head.classification_head.cls_logits.bias"), g => Assert.Equal(0, g));

        // An object in it is learned as ever, and so is what lies outside of a smaller one.
        session.SetTruth(1, [everywhere, Boxes[0]], [-1, 0]);
        step = session.ForwardBackward();
        Assert.True(step.Foreground > 0 && step.Box > 0 && step.Classification > 0);
        session.SetTruth(1, [new Box(0, 0, 20, 20)], [-1]);
        Assert.True(session.ForwardBackward().Classification > 0);
    }

    [Fact]
    public void Truth_that_does_not_fit_is_refused_in_words()
    {
        using var detector = ToyDetector.Create(1);
        using var session = detector.CreateTrainingSession(1, 64, 64, maxBoxes: 1);
        Assert.Contains("at most 1", Assert.Throws<ArgumentException>(() => session.SetTruth(0, Boxes, Channels)).Message, StringComparison.Ordinal);
        Assert.Contains("0 to 2", Assert.Throws<ArgumentException>(() => session.SetTruth(0, Boxes.AsSpan(0, 1), [3])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batches_of_bytes_train_to_the_bits_of_batches_of_floats()
    {
        Assert.Equal(Train(resizeOnDevice: false), Train(resizeOnDevice: true));

        static List<StepResult> Train(bool resizeOnDevice)
        {
            using var detector = ToyDetector.Create(1);
            var options = LoaderOptions.ForTraining(2, 1) with
            {
                Augmentation = new() { VerticalFlip = 0.5, MinScale = 0.5, MaxScale = 2, Brightness = 0.2, Saturation = 0.3 },
                ResizeOnDevice = resizeOnDevice,
            };
            using var loader = new DataLoader<ToyClass>(ToyScenes.Create(8, 1, 80, 70), detector.Fitter, options);
            using var session = detector.CreateTrainingSession(2, 64, 64, loader.MaxBoxes);
            var optimizer = detector.CreateOptimizer(new Sgd());
            var results = new List<StepResult>();
            foreach (var batch in loader.Epoch(0))
            {
                session.SetBatch(batch);
                results.Add(session.Step(optimizer, 1e-3));
            }

            return results;
        }
    }

    [Fact]
    public void What_is_to_be_done_meanwhile_is_done_once_and_may_fail()
    {
        using var detector = ToyDetector.Create(1);
        using var session = Prepare(detector);
        var optimizer = detector.CreateOptimizer(new Sgd());
        var done = 0;
        session.Step(optimizer, 1e-3, 0, () => done++);
        Assert.Equal((1, 1), (done, optimizer.Steps));
        Assert.Throws<OperationCanceledException>(() => session.Step(optimizer, 1e-3, 0, () => throw new OperationCanceledException()));
        session.Step(optimizer, 1e-3);
        Assert.Equal(3, optimizer.Steps);
    }

    private static TrainingSession Prepare(ToyDetector detector)
    {
        var session = detector.CreateTrainingSession(2, 64, 64, maxBoxes: 4);
        var random = new SeededRandom(2);
        var pixels = new float[2 * 64 * 64 * 3];
        foreach (ref var v in pixels.AsSpan())
        {
            v = (float)random.NextDouble(-1, 1);
        }

        session.SetInput(pixels);
        session.SetTruth(0, Boxes, Channels);
        session.SetTruth(1, ReadOnlySpan<Box>.Empty, []);
        return session;
    }

    /// <summary>Larger heads than at first, so that finite differences rise above rounding.</summary>
    private static void SpreadHeads(ToyDetector detector)
    {
        foreach (var key in new[] { "head.classification_head.cls_logits.weight", "head.regression_head.bbox_reg.weight" })
        {
            detector.WriteTensor(key, detector.ReadTensor(key).Select(v => v * 20).ToArray());
        }

        const string Bias = "head.classification_head.cls_logits.bias";
        detector.WriteTensor(Bias, detector.ReadTensor(Bias).Select(_ => -1f).ToArray());
    }
}
