using Fovea.Devices;

namespace Fovea.Tests.Model;

/// <summary>Nothing uses memory that has been freed: disposal waits for the calls that have begun, and later ones are refused.</summary>
public class DisposalTests
{
    private static readonly float[] Pixels = new float[64 * 64 * 3];

    [Fact]
    public void Every_method_of_a_detection_session_is_refused_after_its_disposal()
    {
        using var detector = ToyDetector.Create(1);
        var session = detector.CreateSession(1, 64, 64);
        session.Dispose();
        session.Dispose();
        AssertRefuses(session, detector);
    }

    [Fact]
    public void Every_method_of_a_detection_session_is_refused_after_the_detectors_disposal()
    {
        var detector = ToyDetector.Create(1);
        var session = detector.CreateSession(1, 64, 64);
        detector.Dispose();
        AssertRefuses(session, detector);
        session.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_method_of_a_training_session_is_refused_after_disposal(bool ofDetector)
    {
        using var detector = ToyDetector.Create(1);
        var optimizer = detector.CreateOptimizer(new Sgd());
        var session = detector.CreateTrainingSession(1, 64, 64);
        ((IDisposable)(ofDetector ? detector : session)).Dispose();
        AssertDisposed(
            () => session.SetInput(Pixels),
            () => session.SetTruth(0, [new Box(0, 0, 8, 8)], [0]),
            () => session.ForwardBackward(),
            () => session.Step(optimizer, 1e-3),
            () => session.ReadGradient("backbone.body.conv1.weight"),
            () => session.ReadLogits(0),
            () => session.ReadDeltas(0),
            () => session.ReadMatches(0),
            () => session.Tap("stem", (_, _, _) => { }));
        session.Dispose();
    }

    [Fact]
    public async Task Every_method_of_a_detector_is_refused_after_its_disposal()
    {
        using var folder = new TempFolder();
        var detector = ToyDetector.Create(1);
        detector.Save(folder.File("toy.safetensors"));
        var image = new RgbImage(64, 64);
        detector.Detect(image);
        detector.Dispose();
        detector.Dispose();
        AssertDisposed(
            () => detector.Detect(image),
            () => detector.DetectBatch([image]),
            () => detector.DetectTiles(image),
            () => detector.Evaluate(ToyScenes.Create(2, 1)),
            () => detector.Save(folder.File("other.safetensors")),
            () => detector.Save(new MemoryStream()),
            () => detector.LoadWeights(folder.File("toy.safetensors")),
            () => detector.InitializeWeights(1),
            () => detector.ReadTensor("backbone.body.conv1.weight"),
            () => detector.WriteTensor("backbone.body.conv1.weight", new float[216]),
            () => detector.CreateOptimizer(new Sgd()),
            () => detector.CreateSession(1, 64, 64),
            () => detector.CreateTrainingSession(1, 64, 64),
            () => detector.MoveTo(new DetectorOptions { Threads = 1 }));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => detector.DetectAsync(image));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => detector.EvaluateAsync(ToyScenes.Create(2, 1)));
        Assert.False(File.Exists(folder.File("other.safetensors")));
    }

    [Fact]
    public void A_detector_is_disposed_of_while_threads_detect_step_load_evaluate_and_make_sessions()
    {
        using var folder = new TempFolder();
        using (var saved = ToyDetector.Create(2))
        {
            saved.Save(folder.File("toy.safetensors"));
        }

        var until = DateTime.UtcNow.AddSeconds(3);
        for (ulong round = 0; DateTime.UtcNow < until; round++)
        {
            Stress(round, folder.File("toy.safetensors"));
        }
    }

    [Fact]
    public async Task Disposal_waits_for_the_call_that_has_begun()
    {
        var detector = ToyDetector.Create(1, new DetectorOptions { Threads = 1 });
        var session = detector.CreateSession(1, 64, 64);
        using var isInside = new ManualResetEventSlim();
        using var mayGo = new ManualResetEventSlim();
        session.Tap("stem", (_, _, _) =>
        {
            isInside.Set();
            mayGo.Wait();
        });
        var running = Task.Run(session.Run);
        isInside.Wait();
        var disposals = new[] { Task.Run(detector.Dispose), Task.Run(session.Dispose), Task.Run(detector.Dispose) };
        Assert.NotSame(disposals[0], await Task.WhenAny(disposals[0], Task.Delay(100)));
        mayGo.Set();
        await running;
        await Task.WhenAll(disposals);
        Assert.Throws<ObjectDisposedException>(session.Run);
    }

    [Fact]
    public void An_observer_may_dispose_of_what_it_observes()
    {
        var detector = ToyDetector.Create(1);
        var session = detector.CreateSession(1, 64, 64);
        session.Tap("stem", (_, _, _) =>
        {
            session.Dispose();
            detector.Dispose();
        });
        session.Run();
        Assert.Throws<ObjectDisposedException>(session.Run);
        detector.Dispose();
    }

    [Fact]
    public void A_training_of_a_detector_that_is_disposed_of_says_so()
    {
        var detector = ToyDetector.Create(1);
        var training = Trainer.For(detector, new() { Epochs = 1000, BatchSize = 2, EvaluateEvery = 0 }).FitAsync(ToyScenes.Create(4, 1));
        Thread.Sleep(100);
        detector.Dispose();
        AssertDisposed(() => training.GetAwaiter().GetResult());
    }

    [SkippableFact]
    public void A_detector_that_cannot_be_made_leaves_no_threads()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Threads are counted by name in /proc.");
        Assert.Throws<ArgumentOutOfRangeException>(
            () => ToyDetector.Create(1, new DetectorOptions { Threads = 78 }, ToyProgram.WithStatistics(-1)));

        // A thread that has ended stays in the list until the system has cleared it away.
        var gone = SpinWait.SpinUntil(
            () => !Directory.GetDirectories("/proc/self/task").Select(NameOf).Contains("Fovea worker 77"), TimeSpan.FromSeconds(20));
        Assert.True(gone, "a worker of the detector that could not be made is still there");

        static string NameOf(string thread)
        {
            try
            {
                return File.ReadAllText(Path.Combine(thread, "comm")).Trim();
            }
            catch (IOException)
            {
                return "gone meanwhile";
            }
        }
    }

    [Fact]
    public void Lifetimes_allocate_nothing_and_free_once()
    {
        var freed = 0;
        var lifetime = new Lifetime(nameof(DisposalTests), () => freed++);
        Allocations.AssertNone("a use", () =>
        {
            using var use = lifetime.Use();
        });
        lifetime.Enter();
        lifetime.Close();
        Assert.False(lifetime.TryEnter());
        Assert.Equal(0, freed);
        lifetime.Exit();
        lifetime.Close();
        Assert.Equal(1, freed);
    }

    private static void Stress(ulong round, string checkpoint)
    {
        var detector = ToyDetector.Create(1, new DetectorOptions { Threads = 2 });
        var session = detector.CreateSession(1, 64, 64);
        var training = detector.CreateTrainingSession(1, 64, 64);
        var optimizer = detector.CreateOptimizer(new Sgd());
        var image = new RgbImage(64, 64);
        var scenes = ToyScenes.Create(2, 1);
        Action[] works =
        [
            () => detector.Detect(image),
            session.Run,
            () => training.Step(optimizer, 1e-6),
            () => detector.LoadWeights(checkpoint),
            () => detector.Evaluate(scenes),
            () => detector.CreateSession(1, 64, 96).Dispose(),
            () => detector.DetectBatch([image, image]),
        ];
        using var begun = new CountdownEvent(works.Length);
        Exception? wrong = null;
        var threads = Array.ConvertAll(works, work => new Thread(() =>
        {
            begun.Signal();
            try
            {
                while (true)
                {
                    work();
                }
            }
            catch (ObjectDisposedException)
            {
                // As it should be.
            }
            catch (Exception e)
            {
                wrong = e;
            }
        }));
        Array.ForEach(threads, t => t.Start());
        begun.Wait();
        Thread.Sleep((int)(round % 5));
        if (round % 3 == 0)
        {
            session.Dispose();
            training.Dispose();
        }

        detector.Dispose();
        Array.ForEach(threads, t => t.Join());
        training.Dispose();
        session.Dispose();
        Assert.Null(wrong);
    }

    private static void AssertRefuses(InferenceSession session, ToyDetector detector) => AssertDisposed(
        () => session.SetInput(Pixels),
        () => session.SetImage(0, Pixels),
        () => session.SetImage(0, new byte[Pixels.Length], detector.Fitter.Place(64, 64)),
        () => session.SetImageSize(0, 64, 64),
        session.Run,
        () => session.ReadDetections(0, new RawDetection[4]),
        () => session.ReadLogits(0),
        () => session.ReadDeltas(0),
        () => session.ReadAnchors(0),
        () => session.Tap("stem", (_, _, _) => { }));

    private static void AssertDisposed(params Action[] calls) => Assert.All(calls, call => Assert.Throws<ObjectDisposedException>(call));
}
