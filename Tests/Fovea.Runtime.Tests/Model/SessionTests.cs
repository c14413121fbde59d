namespace Fovea.Tests.Model;

public class SessionTests
{
    [Fact]
    public void Detections_have_the_same_bits_at_any_number_of_threads()
    {
        using var one = ToyDetector.Create(3, new DetectorOptions { Threads = 1 });
        using var three = ToyDetector.Create(3, new DetectorOptions { Threads = 3 });
        Assert.Equal(RunLogits(one), RunLogits(three));
    }

    [Fact]
    public void Sessions_of_one_model_run_at_the_same_time_and_agree()
    {
        using var detector = ToyDetector.Create(5).Excited();
        var image = Image(64, 64, 1);
        var expected = detector.Detect(image).ToArray();
        Assert.NotEmpty(expected);
        var results = new Detection<ToyClass>[8][];
        Parallel.For(0, results.Length, i => results[i] = [.. detector.Detect(image)]);
        Assert.All(results, r => Assert.Equal(expected, r));
    }

    [Fact]
    public void Detect_allocates_nothing_once_it_is_warm()
    {
        using var detector = ToyDetector.Create(5, new DetectorOptions { Threads = 2 }).Excited();
        var image = Image(64, 64, 1);
        var found = new Detection<ToyClass>[detector.MaxDetections];
        Allocations.AssertNone("detecting", () => detector.Detect(image.Pixels, image.Width, image.Height, found), warmUps: 50);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Sixteen_callers_find_what_one_finds_and_allocate_nothing_once_they_are_warm(int workers)
    {
        using var detector = ToyDetector.Create(5, new DetectorOptions { Threads = workers }).Excited();
        var images = Enumerable.Range(0, 4).Select(i => Image(64, 64, (ulong)i)).ToArray();
        var expected = images.Select(i => detector.Detect(i).ToArray()).ToArray();
        InThreads(16, caller =>
        {
            // As many sessions as callers are kept by these: a detector keeps but a few that idle.
            using var session = detector.CreateSession(1, 64, 64);
            var found = new RawDetection[session.MaxDetections];
            var least = long.MaxValue;
            for (var i = 0; i < 24; i++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var image = images[(caller + i) % images.Length];
                session.SetImage(0, image.Pixels, detector.Fitter.Place(64, 64));
                session.Run();
                var count = session.ReadDetections(0, found);
                least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
                var alone = expected[(caller + i) % images.Length];
                Assert.Equal(alone.Select(d => (d.Score, d.Box)), found.Take(count).Select(d => (d.Score, d.Box)));
            }

            Assert.Equal(0, least);
        });
    }

    [Fact]
    public void Steps_and_another_detectors_detections_at_the_same_time_have_the_bits_that_they_have_alone()
    {
        var image = Image(64, 64, 1);
        using var detector = ToyDetector.Create(5).Excited();
        var expected = detector.Detect(image).ToArray();
        var weights = Trained();
        InThreads(6, caller =>
        {
            for (var i = 0; i < 4; i++)
            {
                if (caller % 2 == 0)
                {
                    Assert.Equal(weights, Trained());
                }
                else
                {
                    Assert.Equal(expected, detector.Detect(image));
                }
            }
        });
    }

    [Fact]
    public void A_tap_may_wait_for_a_detection_on_another_thread()
    {
        using var detector = ToyDetector.Create(5, new DetectorOptions { Threads = 1 }).Excited();
        using var session = detector.CreateSession(1, 64, 64);
        var image = Image(64, 64, 1);
        var found = 0;
        session.Tap("P3", (_, _, _) => InThreads(1, _ => found = detector.Detect(image).Count));
        session.Run();
        Assert.NotEqual(0, found);
    }

    [Fact]
    public void Boxes_come_back_in_pixels_of_the_original_image()
    {
        using var detector = ToyDetector.Create(5).Excited();
        var found = detector.Detect(Image(128, 128, 1));
        Assert.NotEmpty(found);
        Assert.All(found, d => Assert.True(d.Box.X1 >= 0 && d.Box.X2 <= 128 && d.Box.Y1 >= 0 && d.Box.Y2 <= 128, d.Box.ToString()));
        Assert.Contains(found, d => d.Box.X2 > 64 || d.Box.Y2 > 64);
    }

    [Fact]
    public void A_batch_finds_what_single_images_find()
    {
        using var detector = ToyDetector.Create(5).Excited();
        RgbImage[] images = [Image(64, 64, 1), Image(96, 64, 2), Image(64, 64, 3)];
        var batch = detector.DetectBatch(images);
        Assert.Equal(images.Length, batch.Count);
        for (var i = 0; i < images.Length; i++)
        {
            Assert.Equal(detector.Detect(images[i]), batch[i]);
        }
    }

    [Fact]
    public void Taps_see_a_layers_values_and_unknown_layers_are_refused_with_the_list()
    {
        using var detector = ToyDetector.Create(3);
        using var session = detector.CreateSession(2, 64, 64);
        session.SetInput(Noise(2 * 64 * 64 * 3));
        var seen = 0;
        session.Tap("P3", (layer, values, shape) =>
        {
            seen++;
            Assert.Equal("P3", layer);
            Assert.Equal((2, 8, 8, 16), (shape.Images, shape.Height, shape.Width, shape.Channels));
            Assert.Equal(shape.Length, values.Length);
            Assert.True(values.ContainsAnyExcept(0f), "P3 is all zeros");
        });
        session.Run();
        session.Run();
        Assert.Equal(2, seen);
        var error = Assert.Throws<ArgumentException>(() => session.Tap("P5", (_, _, _) => { }));
        Assert.Contains("stem, P3, P4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Changed_weights_count_in_the_next_run_folded_ones_too()
    {
        using var detector = ToyDetector.Create(3);
        using var session = detector.CreateSession(1, 64, 64);
        session.SetInput(Noise(64 * 64 * 3));
        session.Run();
        var before = session.ReadLogits(0);
        var scale = detector.ReadTensor("backbone.body.bn1.weight");
        detector.WriteTensor("backbone.body.bn1.weight", scale.Select(v => v * 2).ToArray());
        session.Run();
        Assert.NotEqual(before, session.ReadLogits(0));
        detector.WriteTensor("backbone.body.bn1.weight", scale);
        session.Run();
        Assert.Equal(before, session.ReadLogits(0));
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_refused_in_words()
    {
        using var detector = ToyDetector.Create(3);
        Assert.Contains("multiples of 32", Assert.Throws<ArgumentException>(() => detector.CreateSession(1, 60, 64)).Message, StringComparison.Ordinal);
        using var session = detector.CreateSession(1, 64, 64);
        Assert.Contains("12288", Assert.Throws<ArgumentException>(() => session.SetInput(new float[3])).Message, StringComparison.Ordinal);
    }

    /// <summary>The last layer's weights after three steps.</summary>
    private static float[] Trained()
    {
        using var detector = ToyDetector.Create(3);
        using var session = detector.CreateTrainingSession(2, 64, 64);
        var optimizer = detector.CreateOptimizer(new Sgd { LearningRate = 1e-3, Momentum = 0.9 });
        session.SetInput(Noise(2 * 64 * 64 * 3));
        session.SetTruth(0, [new Box(8, 8, 40, 40)], [1]);
        for (var i = 0; i < 3; i++)
        {
            session.Step(optimizer, 1e-3);
        }

        return detector.ReadTensor("head.classification_head.cls_logits.weight");
    }

    /// <summary>Threads of their own, all at once.</summary>
    private static void InThreads(int count, Action<int> act)
    {
        var failures = new Exception?[count];
        var threads = Enumerable.Range(0, count).Select(i => new Thread(() => failures[i] = Record.Exception(() => act(i)))).ToArray();
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Assert.All(failures, Assert.Null);
    }

    private static float[] RunLogits(ToyDetector detector)
    {
        using var session = detector.CreateSession(2, 64, 96);
        session.SetInput(Noise(2 * 64 * 96 * 3));
        session.Run();
        return [.. session.ReadLogits(0), .. session.ReadLogits(1), .. session.ReadDeltas(0)];
    }

    private static RgbImage Image(int width, int height, ulong seed)
    {
        var random = new SeededRandom(seed);
        var image = new RgbImage(width, height);
        foreach (ref var v in image.Pixels.AsSpan())
        {
            v = (byte)random.NextInt32(256);
        }

        return image;
    }

    private static float[] Noise(int length)
    {
        var random = new SeededRandom(7);
        var values = new float[length];
        foreach (ref var v in values.AsSpan())
        {
            v = (float)random.NextDouble(-2, 2);
        }

        return values;
    }
}
