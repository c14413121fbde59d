using System.Diagnostics;
using Fovea.CompilerServices;
using Fovea.Data;
using Fovea.Evaluation;
using Fovea.Model;
using Fovea.Steps;

namespace Fovea.Training;

/// <summary>One training from its first epoch, or the one it resumes at, to its last.</summary>
internal sealed class TrainingRun<TClass> : IDisposable
    where TClass : struct, Enum
{
    private readonly Detector<TClass> detector;
    private readonly TrainerOptions options;
    private readonly DetectionDataset<TClass> train;
    private readonly DetectionDataset<TClass>? validation;
    private readonly IProgress<TrainingProgress>? progress;
    private readonly DataLoader<TClass> loader;
    private readonly Optimizer optimizer;
    private readonly RunFolder? folder;
    private readonly (string Name, string Value)[] decisive;
    private readonly int iterationsPerEpoch;
    private readonly Stopwatch elapsed = Stopwatch.StartNew();
    private readonly Stopwatch sinceSaved = Stopwatch.StartNew();
    private TrainingSession? session;
    private TrainingState state = new();
    private int[] images = [];
    private bool isBetweenSteps = true;
    private bool savedBest;
    private double doneBefore;

    public TrainingRun(
        Detector<TClass> detector, TrainerOptions options, DetectionDataset<TClass> train, DetectionDataset<TClass>? validation,
        IProgress<TrainingProgress>? progress)
    {
        this.detector = detector;
        this.options = options;
        this.train = train;
        this.validation = validation;
        this.progress = progress;
        folder = options.Folder is null ? null : new RunFolder(options.Folder);
        folder?.Guard(options);
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
        decisive = options.Decisive(train.Count);
    }

    private int TotalIterations => iterationsPerEpoch * options.Epochs;

    public TrainingHistory Fit(CancellationToken cancellation)
    {
        Begin();
        try
        {
            while (state.Epoch < options.Epochs)
            {
                try
                {
                    TrainEpoch(cancellation);
                    FinishEpoch(cancellation);
                }
                catch (TrainingDivergedException e) when (
                    options.OnDivergence == OnDivergence.Rollback && state.Rollbacks < DivergenceLimits.Rollbacks)
                {
                    GoBack(e);
                }
            }
        }
        catch (Exception e)
        {
            // Hours of training outlive whatever stops it: resuming goes on from here.
            SaveAfter(e);
            throw;
        }

        if (options.RestoreBest && folder is not null && File.Exists(folder.Best) && state.History.Best is not null)
        {
            // What this run has saved has the detector's classes, whatever those of the run that it resumes were.
            detector.LoadWeights(folder.Best, savedBest ? null : options.Loading);
        }

        return state.History;
    }

    public void Dispose()
    {
        loader.Dispose();
        session?.Dispose();
    }

    private void Begin()
    {
        if (options.Resume)
        {
            state = TrainingState.Load(detector.Model, optimizer, decisive, folder!.Training, options.Loading);
        }

        state.Warmup = state.Warmup < 0 ? options.WarmupFor(TotalIterations) : state.Warmup;
        folder?.Begin(detector.Model, optimizer, state, decisive);
        options.Begun?.Invoke();
        doneBefore = (double)state.TotalIterations / TotalIterations;
        sinceSaved.Restart();
    }

    private void TrainEpoch(CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var before = state.Seconds;

        // A resumed epoch passes over the batches that it has used.
        using var batches = new EpochBatches(loader.EpochFrom(state.Epoch, state.Iteration, cancellation), () => loader.IsNextReady);

        // Beside a device that computes by itself the host takes the next batch, whose upload then costs no time.
        Action? meanwhile = detector.Model.RunsAside ? () => batches.TakeAhead(next => session!.Prefetch(next)) : null;
        while (batches.Take() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var result = Step(batch, meanwhile, out var message);
            state.Iteration++;
            state.TotalIterations++;
            state.Seconds = before + watch.Elapsed.TotalSeconds;
            if (message is null)
            {
                state.Classification += result.Classification;
                state.Box += result.Box;
                state.GradientNorm += result.GradientNorm;
                state.SkippedInRow = 0;
            }
            else
            {
                state.Skipped++;
                state.SkippedInRow++;
            }

            SaveStateIfDue();
            var stage = message is null ? TrainingStage.Training : TrainingStage.Diverged;
            Report(stage, state.Epoch + 1, state.Iteration, iterationsPerEpoch, result, null, message);
        }
    }

    /// <param name="batch">Images of a canvas.</param>
    /// <param name="meanwhile">What the host does while the device is at it.</param>
    /// <param name="skipped">Why the step was left out, where it was; else null.</param>
    private StepResult Step(Batch batch, Action? meanwhile, out string? skipped)
    {
        var iteration = state.TotalIterations;
        state.LearningRate = state.RateFactor * options.Optimizer.LearningRate
            * options.Schedule.Factor(iteration, iterationsPerEpoch, state.Warmup, TotalIterations)
            * LearningRateSchedule.Warmup(iteration, state.Warmup, options.WarmupStart);
        var current = SessionFor(batch);
        current.SetBatch(batch);

        // The batch may be the loader's again before the step is done.
        Array.Resize(ref images, batch.Count);
        batch.Indices.CopyTo(images);
        skipped = null;
        isBetweenSteps = false;
        StepResult result;
        try
        {
            result = current.Step(optimizer, state.LearningRate, options.MaxGradientNorm, meanwhile);
        }
        catch (TrainingDivergedException e)
        {
            isBetweenSteps = true;
            if (options.OnDivergence != OnDivergence.Skip || state.SkippedInRow >= DivergenceLimits.SkippedInRow)
            {
                throw Explain(e, current);
            }

            skipped = FormattableString.Invariant($"{Where()}: {e.Result.Describe()}: the batch is left out ({string.Join(", ", Names())})");
            return e.Result;
        }

        isBetweenSteps = true;
        return result;
    }

    private TrainingDivergedException Explain(TrainingDivergedException e, TrainingSession current)
    {
        // Looking at every layer uses the session up, which a training that goes back goes on with.
        var goesBack = options.OnDivergence == OnDivergence.Rollback && state.Rollbacks < DivergenceLimits.Rollbacks;
        return goesBack
            ? new TrainingDivergedException(e.Result, new Divergence(Where(), null, Names(), null), e)
            : DivergedStep.Explain(detector, current, e, Where(), Names(), folder?.Divergence);
    }

    private string Where() => FormattableString.Invariant(
        $"epoch {state.Epoch + 1}, iteration {state.Iteration + 1}, learning rate {state.LearningRate:G4}");

    private string[] Names() => Array.ConvertAll(images, i => train[i].Name);

    /// <summary>Takes up the last checkpoint again, with half the learning rate, and writes that down.</summary>
    private void GoBack(TrainingDivergedException e)
    {
        var (factor, rollbacks) = (state.RateFactor / 2, state.Rollbacks + 1);
        state = TrainingState.Load(detector.Model, optimizer, decisive, folder!.Training, options: null);
        (state.RateFactor, state.Rollbacks) = (factor, rollbacks);
        folder.SaveHistory(state.History);
        SaveState(SaveReason.RolledBack);
        Report(
            TrainingStage.Diverged, state.Epoch + 1, state.Iteration, iterationsPerEpoch, e.Result, null,
            FormattableString.Invariant($"{e.Message} Back to the checkpoint of epoch {state.Epoch + 1}, iteration {state.Iteration}, ")
            + FormattableString.Invariant($"with {factor:G4} of the learning rate ({rollbacks} of {DivergenceLimits.Rollbacks} times)."));
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
        var count = Math.Max(1, state.Iteration - state.Skipped);
        var epoch = state.Epoch + 1;
        var last = epoch == options.Epochs;
        var measured = validation is not null && options.EvaluateEvery > 0 && (last || epoch % options.EvaluateEvery == 0)
            ? Evaluate(validation, epoch, cancellation)
            : null;
        var (ap, ap50) = (Measured(measured?.Summary.AP), Measured(measured?.Summary.AP50));
        var record = new EpochRecord(
            epoch, state.Iteration, state.Classification / count, state.Box / count, state.GradientNorm / count,
            state.LearningRate, state.Seconds, ap, ap50)
        {
            Images = state.Iteration * options.BatchSize,
            PeakMemory = PeakMemory(),
            ClassAps = measured is null ? [] : [.. measured.Classes.Select(c => new ClassAp(c.Name, Measured(c.Summary.AP)))],
        };
        var isBest = ap is not null && !(state.History.Best?.Ap >= ap);
        if (isBest && folder is not null)
        {
            folder.SaveBest(detector.Model, record);
            savedBest = true;
        }

        state.History.Add(record);
        state.Epoch = epoch;
        (state.Iteration, state.Skipped) = (0, 0);
        (state.Classification, state.Box, state.GradientNorm, state.Seconds) = (0, 0, 0, 0);
        folder?.SaveHistory(state.History);
        if (last || isBest)
        {
            // A training that goes back goes no further than to the epoch whose weights are called the best.
            SaveState(last ? SaveReason.Finished : SaveReason.Best);
        }
        else
        {
            SaveStateIfDue();
        }

        Report(TrainingStage.EpochDone, epoch, record.Iterations, iterationsPerEpoch, default, record);
    }

    private CocoResult Evaluate(DetectionDataset<TClass> dataset, int epoch, CancellationToken cancellation)
    {
        var images = new ImageProgress(p => Report(TrainingStage.Evaluating, epoch, p.Images, p.Total, default, null));
        return detector.Evaluate(dataset, null, images, cancellation);
    }

    /// <summary>Of this process since it began, in bytes; device memory is not in it.</summary>
    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    /// <summary>COCO's −1: there is nothing to find.</summary>
    private static double? Measured(double? value) => value < 0 ? null : value;

    private void SaveStateIfDue()
    {
        if (sinceSaved.Elapsed >= options.CheckpointInterval
            || (options.CheckpointSteps > 0 && state.TotalIterations % options.CheckpointSteps == 0))
        {
            SaveState(SaveReason.Due);
        }
    }

    /// <summary>Never writes numbers that are none over a checkpoint that is whole.</summary>
    private void SaveState(string reason)
    {
        if (folder is null)
        {
            return;
        }

        if (DivergenceTrace.FirstBadTensor(detector) is { } tensor)
        {
            const string Note = "These weights were not saved: the last checkpoint is from before.";
            throw new TrainingDivergedException(default, new Divergence(Where(), $"the weights: {tensor}", Names(), null, Note));
        }

        folder.SaveState(detector.Model, optimizer, state, decisive, reason);
        sinceSaved.Restart();
    }

    /// <summary>Saves what there is when something else has gone wrong, which stays what is told, unless nobody would know of the loss.</summary>
    private void SaveAfter(Exception cause)
    {
        if (!isBetweenSteps)
        {
            // A device that failed in the middle of a step has no state to save.
            return;
        }

        try
        {
            SaveState(SaveReason.After(cause));
        }
        catch (TrainingDivergedException) when (cause is TrainingDivergedException)
        {
            // The weights are none: the last checkpoint is what there is.
        }
        catch (Exception e) when (e.Message != cause.Message)
        {
            var first = cause is OperationCanceledException ? "the training was interrupted." : cause.Message;
            throw new CheckpointException(
                options.Folder!, $"{first} What was trained since the last checkpoint could not be saved either: {e.Message}", cause);
        }
        catch (Exception)
        {
            // The disk that stopped the training has not become better.
        }
    }

    private void Report(
        TrainingStage stage, int epoch, int iteration, int iterations, StepResult result, EpochRecord? record, string? message = null)
    {
        if (progress is not null)
        {
            var speed = state.Seconds > 0 ? state.Iteration * (double)options.BatchSize / state.Seconds : 0;
            progress.Report(new TrainingProgress(
                stage, epoch, options.Epochs, iteration, iterations, result, state.LearningRate, speed, elapsed.Elapsed, record)
            {
                Message = message,
                DoneBefore = doneBefore,
            });
        }
    }

    /// <summary>Reports where it is called; <see cref="Progress{T}"/> would post to another thread.</summary>
    private sealed class ImageProgress(Action<EvaluationProgress> report) : IProgress<EvaluationProgress>
    {
        public void Report(EvaluationProgress value) => report(value);
    }
}
