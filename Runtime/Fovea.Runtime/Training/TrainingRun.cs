using System.Diagnostics;
using System.Text;
using Fovea.Checkpoints;
using Fovea.Files;

namespace Fovea.Training;

/// <summary>One training from its first epoch, or the one it resumes at, to its last.</summary>
internal sealed class TrainingRun<TClass> : IDisposable
    where TClass : struct, Enum
{
    private readonly Detector<TClass> detector;
    private readonly TrainerOptions options;
    private readonly DetectionDataset<TClass>? validation;
    private readonly IProgress<TrainingProgress>? progress;
    private readonly DataLoader<TClass> loader;
    private readonly Optimizer optimizer;
    private readonly (string Name, string Value)[] decisive;
    private readonly int iterationsPerEpoch;
    private readonly Stopwatch elapsed = Stopwatch.StartNew();
    private readonly Stopwatch sinceSaved = Stopwatch.StartNew();
    private TrainingSession? session;
    private TrainingState state = new();
    private double learningRate;
    private bool savedBest;

    public TrainingRun(
        Detector<TClass> detector, TrainerOptions options, DetectionDataset<TClass> train, DetectionDataset<TClass>? validation,
        IProgress<TrainingProgress>? progress)
    {
        this.detector = detector;
        this.options = options;
        this.validation = validation;
        this.progress = progress;
        loader = new DataLoader<TClass>(train, detector.Fitter, LoaderOptions.ForTraining(options.BatchSize, options.Seed) with
        {
            Augmentation = options.Augmentation,
            Sampling = options.Sampling,
            RepeatThreshold = options.RepeatThreshold,
            Threads = options.LoaderThreads,
            CacheBytes = options.CacheBytes,
            ResizeOnDevice = detector.Model.RunsAside,
        });
        iterationsPerEpoch = loader.CountBatches();
        optimizer = detector.CreateOptimizer(options.Optimizer, options.Groups, options.DecayNormsAndBiases);
        decisive = [.. options.Decisive(train.Count)];
    }

    private int TotalIterations => iterationsPerEpoch * options.Epochs;

    public TrainingHistory Fit(CancellationToken cancellation)
    {
        Resume();
        try
        {
            while (state.Epoch < options.Epochs)
            {
                TrainEpoch(cancellation);
                FinishEpoch(cancellation);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidImageException or DatasetException)
        {
            // Hours of training outlive a wish to stop or an image that cannot be read: resuming goes on from here.
            SaveState();
            throw;
        }

        if (options is { RestoreBest: true, Folder: not null } && File.Exists(PathOf("best.safetensors")) && state.History.Best is not null)
        {
            // What this run has saved has the detector's classes, whatever those of the run that it resumes were.
            detector.LoadWeights(PathOf("best.safetensors"), savedBest ? null : options.Loading);
        }

        return state.History;
    }

    public void Dispose()
    {
        loader.Dispose();
        session?.Dispose();
    }

    private void Resume()
    {
        if (options.Resume && File.Exists(PathOf("training.safetensors")))
        {
            state = TrainingState.Load(detector.Model, optimizer, decisive, PathOf("training.safetensors"), options.Loading);
        }
    }

    private void TrainEpoch(CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var before = state.Seconds;
        var done = 0;
        using var batches = new EpochBatches(loader.Epoch(state.Epoch, cancellation), () => loader.IsNextReady);

        // Beside a device that computes by itself the host takes the next batch, whose upload then costs no time.
        Action? meanwhile = detector.Model.RunsAside ? () => batches.TakeAhead(next => session!.Prefetch(next)) : null;
        while (batches.Take() is { } batch)
        {
            // A resumed epoch goes through the batches it has seen, so that the rest are the same.
            if (done++ < state.Iteration)
            {
                continue;
            }

            cancellation.ThrowIfCancellationRequested();
            var result = Step(batch, meanwhile);
            state.Iteration++;
            state.TotalIterations++;
            state.Classification += result.Classification;
            state.Box += result.Box;
            state.GradientNorm += result.GradientNorm;
            state.Seconds = before + watch.Elapsed.TotalSeconds;
            Report(TrainingStage.Training, state.Epoch + 1, state.Iteration, iterationsPerEpoch, result, null);
        }
    }

    private StepResult Step(Batch batch, Action? meanwhile)
    {
        var warmup = options.WarmupFor(TotalIterations);
        var iteration = state.TotalIterations;
        learningRate = options.Optimizer.LearningRate
            * options.Schedule.Factor(iteration, iterationsPerEpoch, warmup, TotalIterations)
            * LearningRateSchedule.Warmup(iteration, warmup, options.WarmupStart);
        var current = SessionFor(batch);
        current.SetBatch(batch);
        try
        {
            return current.Step(optimizer, learningRate, options.MaxGradientNorm, meanwhile);
        }
        catch (TrainingDivergedException e)
        {
            var where = FormattableString.Invariant(
                $"epoch {state.Epoch + 1}, iteration {state.Iteration + 1}, learning rate {learningRate:G4}");
            throw new TrainingDivergedException(e.Result, where, e);
        }
    }

    /// <summary>
    /// The session of the last batch, unless canvas, count or number of boxes differ: then one that takes over its arena.
    /// </summary>
    private TrainingSession SessionFor(Batch batch)
    {
        var canvas = batch.Canvas;
        if (session is { } s && s.Images == batch.Count && s.MaxBoxes >= batch.MaxBoxes && new CanvasSize(s.Width, s.Height) == canvas)
        {
            return s;
        }

        var boxes = Math.Max(1, Math.Max(loader.MaxBoxes, batch.MaxBoxes));
        session = new TrainingSession(detector.Model, batch.Count, canvas.Height, canvas.Width, boxes, session);
        return session;
    }

    private void FinishEpoch(CancellationToken cancellation)
    {
        var count = Math.Max(1, state.Iteration);
        var epoch = state.Epoch + 1;
        var last = epoch == options.Epochs;
        var (ap, ap50) = validation is not null && options.EvaluateEvery > 0 && (last || epoch % options.EvaluateEvery == 0)
            ? Evaluate(validation, epoch, cancellation)
            : (null, null);
        var record = new EpochRecord(
            epoch, state.Iteration, state.Classification / count, state.Box / count, state.GradientNorm / count,
            learningRate, state.Seconds, ap, ap50);
        var best = ap is not null && !(state.History.Best?.Ap >= ap);
        state.History.Add(record);
        state.Epoch = epoch;
        (state.Iteration, state.Classification, state.Box, state.GradientNorm, state.Seconds) = (0, 0, 0, 0, 0);
        SaveEpoch(record, best, last);
        Report(TrainingStage.EpochDone, epoch, count, iterationsPerEpoch, default, record);
    }

    private (double? Ap, double? Ap50) Evaluate(DetectionDataset<TClass> dataset, int epoch, CancellationToken cancellation)
    {
        var images = new ImageProgress(p => Report(TrainingStage.Evaluating, epoch, p.Images, p.Total, default, null));
        var summary = detector.Evaluate(dataset, null, images, cancellation).Summary;

        // −1: nothing to find.
        return (summary.AP < 0 ? null : summary.AP, summary.AP50 < 0 ? null : summary.AP50);
    }

    private void SaveEpoch(EpochRecord record, bool best, bool last)
    {
        if (options.Folder is null)
        {
            return;
        }

        if (best)
        {
            CheckpointWriter.Save(detector.Model, PathOf("best.safetensors"), Metadata(record));
            savedBest = true;
        }

        AtomicFile.Write(PathOf("history.jsonl"), Encoding.UTF8.GetBytes(state.History.ToJsonLines()));
        if (last || sinceSaved.Elapsed >= options.CheckpointInterval)
        {
            SaveState();
        }
    }

    private void SaveState()
    {
        if (options.Folder is null)
        {
            return;
        }

        var epochs = state.History.Epochs;
        CheckpointWriter.Save(detector.Model, PathOf("last.safetensors"), Metadata(epochs.Count > 0 ? epochs[^1] : null));
        state.Save(detector.Model, optimizer, decisive, PathOf("training.safetensors"));
        sinceSaved.Restart();
    }

    private static Dictionary<string, string> Metadata(EpochRecord? record)
    {
        var metadata = new Dictionary<string, string> { [CheckpointKeys.Epoch] = FormattableString.Invariant($"{record?.Epoch ?? 0}") };
        if (record?.Ap is { } ap)
        {
            metadata[CheckpointKeys.Ap] = FormattableString.Invariant($"{ap:R}");
        }

        return metadata;
    }

    private void Report(TrainingStage stage, int epoch, int iteration, int iterations, StepResult result, EpochRecord? record)
    {
        if (progress is not null)
        {
            var images = state.Seconds > 0 ? state.Iteration * (double)options.BatchSize / state.Seconds : 0;
            progress.Report(new TrainingProgress(
                stage, epoch, options.Epochs, iteration, iterations, result, learningRate, images, elapsed.Elapsed, record));
        }
    }

    private string PathOf(string name) => Path.Combine(options.Folder!, name);

    /// <summary>Reports where it is called; <see cref="Progress{T}"/> would post to another thread.</summary>
    private sealed class ImageProgress(Action<EvaluationProgress> report) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => report(value);
    }
}
