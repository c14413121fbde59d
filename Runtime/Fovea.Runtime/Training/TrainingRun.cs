using System.Diagnostics;
using Fovea.Checkpoints;
using Fovea.CompilerServices;
using Fovea.Data;
using Fovea.Evaluation;
using Fovea.Model;
using Fovea.Steps;

namespace Fovea.Training;

/// <summary>One training from its first epoch, or the one it resumes at, to its last.</summary>
internal sealed partial class TrainingRun<TClass> : IDisposable
    where TClass : struct, Enum
{
    private readonly Detector<TClass> detector;
    private readonly TrainerOptions options;
    private readonly DetectionDataset<TClass> train;
    private readonly Validation<TClass>? validation;
    private readonly IProgress<TrainingProgress>? progress;
    private readonly DataLoader<TClass> loader;
    private readonly Optimizer optimizer;
    private readonly AccumulatedStep step;
    private readonly RunFolder? folder;
    private readonly (string Name, string Value)[] decisive;
    private readonly int iterationsPerEpoch;
    private readonly EpochCount epochs;
    private readonly Stopwatch elapsed = Stopwatch.StartNew();
    private readonly Stopwatch sinceSaved = Stopwatch.StartNew();
    private TrainingSession? session;
    private TrainingState state = new();
    private int[] images = [];
    private bool hasEvaluatedWeights;
    private bool savedBest;
    private double doneBefore;
    private double spentBefore;

    public TrainingRun(
        Detector<TClass> detector, TrainerOptions options, DetectionDataset<TClass> train, DetectionDataset<TClass>? validation,
        IProgress<TrainingProgress>? progress)
    {
        if (options.Patience > 0 && validation is null)
        {
            throw new ArgumentException("TrainerOptions.Patience waits for a better AP: give a validation set to measure it on.", nameof(validation));
        }

        this.detector = detector;
        this.train = train;
        this.progress = progress;
        folder = options.Folder is null ? null : new RunFolder(options.Folder);
        folder?.Guard(options);
        options = options.BatchSize > 0 ? options : options with { BatchSize = BatchChoice.For(detector, options, train, validation) };
        this.options = options;
        this.validation = validation is null ? null : new Validation<TClass>(detector, options, validation);

        // Before the loader, which has threads: a group that fits nothing is refused here.
        optimizer = detector.CreateOptimizer(
            options.Optimizer, [.. options.Groups, .. LayerRates.Of(detector.Description, options.LayerDecay, options.BackboneFactor)], options.DecayNormsAndBiases);
        optimizer.Averaging = options.Averaging;
        step = new AccumulatedStep(detector.Model, optimizer);
        loader = new DataLoader<TClass>(train, detector.Fitter, LoaderOptions.ForTraining(options.BatchSize, options.Seed) with
        {
            Augmentation = options.Augmentation,
            Sampling = options.Sampling,
            RepeatThreshold = options.RepeatThreshold,
            Threads = options.LoaderThreads,
            CacheBytes = options.CacheBytes,
            ResizeOnDevice = detector.Model.RunsAside,
        });
        iterationsPerEpoch = CountSteps(loader.CountBatches());
        epochs = new EpochCount(options, loader.CountBatches(), validation?.Count ?? 0);
        decisive = options.Decisive(train.Count);
    }

    /// <summary>Steps of so many batches.</summary>
    private int CountSteps(int batches) => (batches + options.AccumulateBatches - 1) / options.AccumulateBatches;

    private int TotalIterations => iterationsPerEpoch * state.Planned;

    /// <summary>Of the running epoch, whose last step may have fewer batches.</summary>
    private int ImagesDone =>
        Math.Min(state.Iteration * options.AccumulateBatches, loader.CountBatches(state.Epoch)) * options.BatchSize;

    private double Spent => spentBefore + elapsed.Elapsed.TotalSeconds;

    /// <summary>Linear scaling with the images of a step.</summary>
    private double RateScale => options.RateBatchSize is { } meant ? (double)options.BatchSize * options.AccumulateBatches / meant : 1;

    private bool IsOutOfPatience =>
        options.Patience > 0 && state.History.Epochs is [.., { Ap: not null }] && state.Epoch - state.History.Best!.Epoch >= options.Patience;

    public TrainingHistory Fit(CancellationToken cancellation)
    {
        Begin(cancellation);
        try
        {
            while (state.Epoch < state.Planned && !IsOutOfPatience)
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

            if (state.Epoch < state.Planned)
            {
                SaveState(SaveReason.OutOfPatience);
                Report(
                    TrainingStage.Stopped, state.Epoch, iterationsPerEpoch, iterationsPerEpoch, default, null,
                    $"ended after epoch {state.Epoch} of {state.Planned}: none was better than epoch {state.History.Best!.Epoch} since.");
            }

            Finish(cancellation);
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
            using var best = StateDictFile.Open(folder.Best);
            CheckpointReader.Load(detector.Model, best, savedBest ? null : options.Loading, isResuming: true);
        }

        return state.History;
    }

    public void Dispose()
    {
        loader.Dispose();
        session?.Dispose();
    }

    private void Begin(CancellationToken cancellation)
    {
        if (optimizer.Averaging is not null)
        {
            detector.Model.BeginAverages();
        }

        if (options.Resume)
        {
            state = TrainingState.Load(detector.Model, optimizer, decisive, folder!.Training, options.Loading);
        }
        else if (options.Pretrained && !detector.Model.HasOwnWeights)
        {
            var report = detector.LoadPretrained(new LoadOptions { Warnings = options.Loading?.Warnings });
            Report(TrainingStage.Loaded, 1, 0, iterationsPerEpoch, default, null, Describe(report));
        }

        spentBefore = state.Spent;
        epochs.Decide(state, Spent, () => BatchTiming.Measure(detector.Model, loader.Epoch(0, cancellation), SessionFor));
        foreach (var advice in options.Resume ? [] : TrainingAdvice.Of(detector.Model, options))
        {
            Report(TrainingStage.Starting, 1, 0, iterationsPerEpoch, default, null, advice);
        }

        state.Warmup = state.Warmup < 0 ? options.WarmupFor(TotalIterations) : state.Warmup;
        folder?.Begin(detector.Model, optimizer, state, decisive);
        options.Begun?.Invoke(options);
        doneBefore = (double)state.TotalIterations / TotalIterations;
        sinceSaved.Restart();
    }

    /// <summary>What was loaded and what was not, part by part: <c>backbone.fpn (16 tensors)</c>.</summary>
    private static string Describe(LoadReport report)
    {
        var others = report.Initialized
            .GroupBy(t => string.Join('.', t.Name.Split('.').Take(2)), StringComparer.Ordinal)
            .Select(part => FormattableString.Invariant($"{part.Key} ({part.Count()})"));
        return FormattableString.Invariant($"{report.Loaded} tensors of the backbone are those of {report.File}; first weights have {string.Join(", ", others)}");
    }

    private void TrainEpoch(CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var before = state.Seconds;

        // A resumed epoch passes over the batches that it has used.
        var used = state.Iteration * options.AccumulateBatches;
        using var batches = new EpochBatches(loader.EpochFrom(state.Epoch, used, cancellation), () => loader.IsNextReady);

        // Beside a device that computes by itself the host takes the next batch, whose upload then costs no time.
        Action? meanwhile = detector.Model.RunsAside ? () => batches.TakeAhead(next => session!.Prefetch(next)) : null;
        var left = loader.CountBatches(state.Epoch) - used;
        while (batches.Take() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            var result = Step(batch, batches, Math.Min(left, options.AccumulateBatches), meanwhile, out var message);
            left -= options.AccumulateBatches;
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

    private void FinishEpoch(CancellationToken cancellation)
    {
        epochs.Correct(state, Spent);
        var count = Math.Max(1, state.Iteration - state.Skipped);
        var epoch = state.Epoch + 1;
        var last = epoch == state.Planned;
        var record = new EpochRecord(
            epoch, state.Iteration, state.Classification / count, state.Box / count, state.GradientNorm / count,
            state.LearningRate, state.Seconds, Ap: null, Ap50: null)
        {
            Images = ImagesDone,
            PeakMemory = PeakMemory(),
        };
        var isBest = false;
        if (validation is not null && options.EvaluateEvery > 0 && (last || epoch % options.EvaluateEvery == 0))
        {
            var clock = Stopwatch.StartNew();
            WithEvaluatedWeights(
                state.Epoch,
                _ =>
                {
                    record = validation.Measure(record, SessionFor, Told, cancellation);
                    isBest = record.Ap is { } ap && !(state.History.Best?.Ap >= ap);
                    if (isBest && folder is not null)
                    {
                        folder.SaveBest(detector.Model, record);
                        savedBest = true;
                    }
                },
                cancellation);
            state.EvaluationSeconds = clock.Elapsed.TotalSeconds;
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

        void Told(int images, int total) => Report(TrainingStage.Evaluating, epoch, images, total, default, null);
    }

    /// <summary>The detector ends with the weights that are evaluated.</summary>
    private void Finish(CancellationToken cancellation) => WithEvaluatedWeights(
        state.Epoch - 1,
        weights =>
        {
            if (options.NormBatches > 0)
            {
                folder?.SaveLast(detector.Model, state.History);
            }

            weights.Stay();
        },
        cancellation);

    /// <summary>Does what there is to do with the weights that are evaluated; then the model has those that it trains with.</summary>
    /// <param name="epoch">Whose first batches norm statistics are estimated from, from 0.</param>
    /// <param name="work">What there is to do.</param>
    /// <param name="cancellation">Heeded between two batches.</param>
    private void WithEvaluatedWeights(int epoch, Action<EvaluatedWeights> work, CancellationToken cancellation)
    {
        hasEvaluatedWeights = true;
        var weights = new EvaluatedWeights(detector.Model, optimizer.Averaging is not null);
        try
        {
            if (options.NormBatches > 0)
            {
                NormEstimate.Apply(detector.Model, loader.Epoch(epoch, cancellation).Take(options.NormBatches), SessionFor, cancellation);
            }

            work(weights);
        }
        finally
        {
            weights.Dispose();
            hasEvaluatedWeights = false;
        }
    }

    /// <summary>Of this process since it began, in bytes; device memory is not in it.</summary>
    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

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

        state.Spent = Spent;
        folder.SaveState(detector.Model, optimizer, state, decisive, reason);
        sinceSaved.Restart();
    }

    /// <summary>Saves what there is when something else has gone wrong, which stays what is told, unless nobody would know of the loss.</summary>
    private void SaveAfter(Exception cause)
    {
        if (!step.IsBetweenBatches || hasEvaluatedWeights)
        {
            // A device that failed in the middle of a step, or of an exchange of weights, has no state to save.
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
            var speed = state.Seconds > 0 ? ImagesDone / state.Seconds : 0;
            progress.Report(new TrainingProgress(
                stage, epoch, state.Planned, iteration, iterations, result, state.LearningRate, speed, elapsed.Elapsed, record)
            {
                Message = message,
                DoneBefore = doneBefore,
            });
        }
    }
}
