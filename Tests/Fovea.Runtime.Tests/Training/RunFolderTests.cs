using System.Globalization;
using Fovea.Tests.Checkpoints;
using Fovea.Tests.Support;

namespace Fovea.Tests.Training;

/// <summary>What a run leaves, whatever stops it, and how it goes on.</summary>
public class RunFolderTests
{
    private static readonly TrainerOptions Options = new() { Epochs = 3, BatchSize = 4, Optimizer = new AdamW(), EvaluateEvery = 0 };

    [Fact]
    public async Task Whatever_a_callback_throws_what_was_trained_is_saved()
    {
        using var folder = new TempFolder();
        using var straight = ToyDetector.Create(2);
        var train = ToyScenes.Create(16, 3);
        await Trainer.For(straight, Options).FitAsync(train);
        using var stopped = ToyDetector.Create(2);
        var options = Options with { Folder = folder.Path };
        await Assert.ThrowsAsync<NotSupportedException>(
            () => Trainer.For(stopped, options).FitAsync(train, null, new After(7, () => throw new NotSupportedException())));

        using var resumed = ToyDetector.Create(9);
        var steps = new After(int.MaxValue, () => { });
        await Trainer.For(resumed, options with { Resume = true }).FitAsync(train, null, steps);
        Assert.Equal(12 - 7, steps.Count);
        CheckpointTests.AssertSame(straight, resumed);
    }

    [Fact]
    public async Task A_folder_that_is_lost_is_made_anew()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var run = folder.File("run");
        var options = Options with { Folder = run };
        var lost = new After(5, () => Directory.Delete(run, recursive: true));
        await Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 3), null, lost);
        Assert.True(File.Exists(Path.Combine(run, "training.safetensors")));
    }

    [Fact]
    public async Task Where_nothing_can_be_saved_any_more_both_failures_are_told()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var run = folder.File("run");
        var error = await Assert.ThrowsAsync<CheckpointException>(
            () => Trainer.For(detector, Options with { Folder = run }).FitAsync(ToyScenes.Create(8, 3), null, new After(3, () =>
            {
                Directory.Delete(run, recursive: true);
                File.WriteAllText(run, "a file where the folder was");
                throw new NotSupportedException("the callback's own trouble.");
            })));
        Assert.Contains("the callback's own trouble. What was trained since the last checkpoint could not be saved", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoints_are_written_in_the_middle_of_an_epoch_by_steps_and_by_time()
    {
        var bySteps = await Written(Options with { CheckpointSteps = 2 });
        var byTime = await Written(Options with { CheckpointInterval = TimeSpan.Zero });
        var byNeither = await Written(Options);
        Assert.Equal([0, 2, 2, 4], bySteps);
        Assert.Equal([1, 2, 3, 4], byTime);
        Assert.Equal([0, 0, 0, 0], byNeither);

        // The iteration that the state is at, after each of an epoch's steps.
        static async Task<int[]> Written(TrainerOptions options)
        {
            using var folder = new TempFolder();
            using var detector = ToyDetector.Create(2);
            var written = new List<int>();
            await Trainer.For(detector, options with { Epochs = 1, Folder = folder.Path }).FitAsync(ToyScenes.Create(16, 3), null, new Each(() =>
            {
                using var file = Fovea.Checkpoints.SafetensorsFile.Open(folder.File("training.safetensors"));
                written.Add(int.Parse(file.Metadata["fovea.training.iteration"], System.Globalization.CultureInfo.InvariantCulture));
            }));
            return [.. written];
        }
    }

    [Fact]
    public void A_history_longer_than_a_header_may_be_is_kept()
    {
        // 40 epochs of 20 000 classes: 30 MB of JSON.
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var optimizer = detector.CreateOptimizer(new Sgd());
        var state = new Fovea.Training.TrainingState { Epoch = 40, Planned = 60, Warmup = 0 };
        var classes = Enumerable.Range(0, 20_000).Select(i => new ClassAp(string.Create(CultureInfo.InvariantCulture, $"a class {i}"), i / 3e4)).ToArray();
        for (var epoch = 1; epoch <= 40; epoch++)
        {
            state.History.Add(new EpochRecord(epoch, 1, 0.5, 0.25, 1, 1e-3, 1, 0.5, 0.7) { ClassAps = classes });
        }

        state.Save(detector.Model, optimizer, [], folder.File("long.safetensors"), "a test");
        var read = Fovea.Training.TrainingState.Load(detector.Model, optimizer, [], folder.File("long.safetensors"), null);
        Assert.Equal(state.History.Epochs, read.History.Epochs);

        // It is a checkpoint all the same.
        using var loaded = ToyDetector.Load(folder.File("long.safetensors"));
        CheckpointTests.AssertSame(detector, loaded);
    }

    [Fact]
    public async Task A_state_of_another_version_says_what_can_be_done_with_it()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var options = Options with { Epochs = 1, Folder = folder.Path };
        await Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 3));
        var path = folder.File("training.safetensors");
        var bytes = File.ReadAllBytes(path);
        var field = "fovea.training.spent"u8;
        bytes[bytes.AsSpan().IndexOf(field) + field.Length - 1] = (byte)'d';
        File.WriteAllBytes(path, bytes);
        using var resumed = ToyDetector.Create(3);
        var error = await Assert.ThrowsAsync<CheckpointException>(
            () => Trainer.For(resumed, options with { Epochs = 2, Resume = true }).FitAsync(ToyScenes.Create(8, 3)));
        Assert.Contains("fovea.training.spend", System.Text.Encoding.Latin1.GetString(bytes), StringComparison.Ordinal);
        Assert.Contains("fovea.training.spent is missing: the training was begun by another version", error.Message, StringComparison.Ordinal);

        // As it says.
        resumed.LoadWeights(path);
        CheckpointTests.AssertSame(detector, resumed);
    }

    [Fact]
    public async Task A_state_whose_history_is_a_string_goes_on()
    {
        using var folder = new TempFolder();
        using var straight = ToyDetector.Create(2);
        var (train, options) = (ToyScenes.Create(8, 3), Options with { Folder = folder.Path });
        await Trainer.For(straight, Options).FitAsync(train);
        using var stopped = ToyDetector.Create(2);
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Trainer.For(stopped, options).FitAsync(train, null, new After(3, stop.Cancel), stop.Token));
        HistoryAsString(folder.File("training.safetensors"));
        using var resumed = ToyDetector.Create(9);
        var history = await Trainer.For(resumed, options with { Resume = true }).FitAsync(train);
        Assert.Equal([1, 2, 3], history.Epochs.Select(e => e.Epoch));
        CheckpointTests.AssertSame(straight, resumed);

        // As states were written at first.
        static void HistoryAsString(string path)
        {
            const string Name = "optimizer.history";
            var writer = new Fovea.Checkpoints.SafetensorsWriter();
            using (var file = Fovea.Checkpoints.SafetensorsFile.Open(path))
            {
                foreach (var (key, value) in file.Metadata)
                {
                    writer.AddMetadata(key, value);
                }

                writer.AddMetadata("fovea.training.history", System.Text.Encoding.UTF8.GetString(file.ReadBytes(Name)));
                foreach (var (name, entry) in file.Tensors.Where(t => t.Key != Name))
                {
                    if (entry.Type == Fovea.Checkpoints.ElementType.I64)
                    {
                        writer.Add(name, entry.Shape, file.ReadIntegers(name));
                    }
                    else
                    {
                        var values = file.ReadSingles(name);
                        writer.Add(name, entry.Shape, () => values);
                    }
                }
            }

            using var stream = File.Create(path);
            writer.Write(stream);
        }
    }

    [Fact]
    public async Task A_finished_run_that_is_resumed_stays_finished()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var options = Options with { Epochs = 1, Folder = folder.Path };
        await Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 3));
        await Trainer.For(detector, options with { Resume = true }).FitAsync(ToyScenes.Create(8, 3));
        using var file = Fovea.Checkpoints.SafetensorsFile.Open(folder.File("training.safetensors"));
        Assert.Equal("the end of the training", file.Metadata["fovea.reason"]);
    }

    [Fact]
    public async Task Batches_that_were_used_are_passed_over_without_reading_an_image()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var train = new Counting(ToyScenes.Create(16, 3));
        var options = Options with { Epochs = 1, Folder = folder.Path, CacheBytes = 0, Augmentation = Augmentation.None };
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Trainer.For(detector, options).FitAsync(train, null, new After(3, stop.Cancel), stop.Token));
        train.Loaded = 0;
        await Trainer.For(detector, options with { Resume = true }).FitAsync(train);
        Assert.Equal(4, train.Loaded);
    }

    [Fact]
    public void The_rest_of_an_epoch_has_the_bits_of_the_whole_one()
    {
        using var detector = ToyDetector.Create(1);
        using var loader = new DataLoader<ToyClass>(ToyScenes.Create(16, 3), detector.Fitter, LoaderOptions.ForTraining(4, 5) with { Threads = 2 });
        var whole = loader.Epoch(3).Select(b => (string.Join(' ', b.Indices.ToArray()), Sum(b))).ToArray();
        Assert.Equal(4, whole.Length);
        for (var first = 0; first <= 5; first++)
        {
            Assert.Equal(whole.Skip(first), loader.EpochFrom(3, first).Select(b => (string.Join(' ', b.Indices.ToArray()), Sum(b))));
        }

        static double Sum(Batch batch) => batch.Pixels.ToArray().Sum(v => (double)v);
    }

    [Fact]
    public async Task A_run_that_is_there_is_not_touched_without_being_asked()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var options = Options with { Epochs = 1, Folder = folder.Path };
        var train = ToyScenes.Create(8, 3);
        var nothing = await Assert.ThrowsAsync<CheckpointException>(() => Trainer.For(detector, options with { Resume = true }).FitAsync(train));
        Assert.Contains("no run to resume", nothing.Message, StringComparison.Ordinal);
        await Trainer.For(detector, options).FitAsync(train);
        var before = await File.ReadAllBytesAsync(folder.File("training.safetensors"));
        var error = await Assert.ThrowsAsync<CheckpointException>(() => Trainer.For(detector, options).FitAsync(train));
        Assert.Contains("already has a run", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(folder.File("training.safetensors")));
        await Trainer.For(detector, options with { Overwrite = true }).FitAsync(train);
    }

    [Fact]
    public async Task A_sampling_that_is_forgotten_is_told()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var options = Options with { Epochs = 1, Folder = folder.Path };
        await Trainer.For(detector, options with { Sampling = Sampling.ClassBalanced }).FitAsync(ToyScenes.Create(8, 3));
        var error = await Assert.ThrowsAsync<CheckpointException>(
            () => Trainer.For(detector, options with { Resume = true, Epochs = 2 }).FitAsync(ToyScenes.Create(8, 3)));
        Assert.Contains("Sampling: Uniform now, ClassBalanced in the file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_decides_a_training_is_written_alike_on_every_machine()
    {
        var options = Options with { Augmentation = Augmentation.Default with { Rotate90 = 0.5 }, Schedule = new CosineSchedule(0.25) };
        var (here, culture) = (options.Decisive(3), CultureInfo.CurrentCulture);
        try
        {
            var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            commas.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = commas;
            Assert.Equal(here, options.Decisive(3));
            Assert.Equal(commas, CultureInfo.CurrentCulture);
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public async Task The_state_goes_with_the_weights_that_are_called_the_best()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var states = new List<string>();
        var options = Options with { Folder = folder.Path, EvaluateEvery = 1, CheckpointInterval = TimeSpan.FromDays(1) };
        await Trainer.For(detector, options).FitAsync(ToyScenes.Create(16, 3), ToyScenes.Create(4, 5), new Ended(() =>
        {
            using var file = Fovea.Checkpoints.SafetensorsFile.Open(folder.File("training.safetensors"));
            states.Add(file.Metadata["fovea.training.epoch"]);
        }));

        // Without detections the first epoch is the best of all, and the last is written in any case.
        Assert.Equal("1", states[0]);
        Assert.Equal("3", states[^1]);
    }

    [Fact]
    public void The_time_that_is_left_is_counted_from_what_was_there_when_it_began()
    {
        var progress = new TrainingProgress(
            TrainingStage.Training, 10, 10, 5, 10, default, 0, 0, TimeSpan.FromMinutes(1), null)
        { DoneBefore = 0.9 };
        Assert.Equal(1, progress.Remaining.TotalMinutes, 6);
    }

    [Fact]
    public void Weights_that_are_not_a_seeds_are_known_as_such()
    {
        using var detector = ToyDetector.Create(2);
        Assert.False(detector.Model.HasOwnWeights);
        var key = detector.Description.Tensors[0].Key;
        detector.WriteTensor(key, detector.ReadTensor(key));
        Assert.True(detector.Model.HasOwnWeights);
        detector.InitializeWeights(3);
        Assert.False(detector.Model.HasOwnWeights);
        using var stream = new MemoryStream();
        detector.Save(stream);
        using var loaded = ToyDetector.Create(1);
        stream.Position = 0;
        loaded.LoadWeights(stream);
        Assert.True(loaded.Model.HasOwnWeights);
    }

    [Theory]
    [InlineData("LoaderThreads")]
    [InlineData("CacheBytes")]
    [InlineData("Augmentation.Mosaic")]
    public void What_loading_would_refuse_is_refused_before_a_run_is_replaced(string field)
    {
        using var detector = ToyDetector.Create(2);
        var options = field switch
        {
            "LoaderThreads" => Options with { LoaderThreads = 0 },
            "CacheBytes" => Options with { CacheBytes = -1 },
            _ => Options with { Augmentation = Augmentation.Default with { Mosaic = 2 } },
        };
        var error = Assert.ThrowsAny<ArgumentException>(() => Trainer.For(detector, options));
        Assert.Contains(field, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_that_makes_no_sense_changes_nothing()
    {
        using var folder = new TempFolder();
        using var detector = ToyDetector.Create(2);
        var options = Options with { Epochs = 1, Folder = folder.Path };
        await Trainer.For(detector, options).FitAsync(ToyScenes.Create(8, 3));
        var path = folder.File("training.safetensors");
        var text = await File.ReadAllBytesAsync(path);
        var place = text.AsSpan().IndexOf("\"fovea.training.epoch\":\"1\""u8);
        text[place + "\"fovea.training.epoch\":\""u8.Length] = (byte)'x';
        await File.WriteAllBytesAsync(path, text);
        using var other = ToyDetector.Create(5);
        using var untouched = ToyDetector.Create(5);
        await Assert.ThrowsAsync<CheckpointException>(
            () => Trainer.For(other, options with { Resume = true }).FitAsync(ToyScenes.Create(8, 3)));
        CheckpointTests.AssertSame(untouched, other);
    }

    private sealed class After(int steps, Action act) : IProgress<TrainingProgress>
    {
        public int Count { get; private set; }

        public void Report(TrainingProgress value)
        {
            if (value.Stage == TrainingStage.Training && ++Count == steps)
            {
                act();
            }
        }
    }

    private sealed class Ended(Action act) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Stage == TrainingStage.EpochDone)
            {
                act();
            }
        }
    }

    private sealed class Each(Action act) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Stage == TrainingStage.Training)
            {
                act();
            }
        }
    }

    /// <summary>Counts how often a picture is asked for.</summary>
    private sealed class Counting(DetectionDataset<ToyClass> whole) : DetectionDataset<ToyClass>
    {
        private int loaded;

        public int Loaded
        {
            get => loaded;
            set => loaded = value;
        }

        public override string Name => whole.Name;

        public override int Count => whole.Count;

        public override DatasetReport Report => whole.Report;

        public override DatasetItem<ToyClass> this[int index] => whole[index];

        public override RgbImage LoadImage(int index)
        {
            Interlocked.Increment(ref loaded);
            return whole.LoadImage(index);
        }
    }
}
