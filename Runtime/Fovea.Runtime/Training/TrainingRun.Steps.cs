using Fovea.Steps;

namespace Fovea.Training;

/// <summary>A step of the training, and what follows when it diverges.</summary>
internal sealed partial class TrainingRun<TClass>
{
    /// <param name="batch">The step's first.</param>
    /// <param name="batches">The epoch's, for those after it.</param>
    /// <param name="count">How many the step has.</param>
    /// <param name="meanwhile">What the host does while the device is at it.</param>
    /// <param name="skipped">Why the step was left out, where it was; else null.</param>
    private StepResult Step(Batch batch, EpochBatches batches, int count, Action? meanwhile, out string? skipped)
    {
        var iteration = state.TotalIterations;
        state.LearningRate = state.RateFactor * options.Optimizer.LearningRate * RateScale
            * options.Schedule.Factor(iteration, iterationsPerEpoch, state.Warmup, TotalIterations)
            * LearningRateSchedule.Warmup(iteration, state.Warmup, options.WarmupStart);
        step.Begin(count);
        try
        {
            var result = Add(batch, count, meanwhile, out skipped);
            for (var i = 1; i < count && batches.Take() is { } next; i++)
            {
                result = skipped is null ? Add(next, count, meanwhile, out skipped) : result;
            }

            return result;
        }
        catch when (step.IsBetweenBatches)
        {
            // Another batch of the step cannot be had: those before it are used again when the training is resumed.
            step.Undo();
            throw;
        }
    }

    private StepResult Add(Batch batch, int count, Action? meanwhile, out string? skipped)
    {
        var current = SessionFor(batch);
        current.SetBatch(batch);

        // The batch may be the loader's again before the step is done.
        Array.Resize(ref images, batch.Count);
        batch.Indices.CopyTo(images);
        skipped = null;
        try
        {
            return step.Add(current, state.LearningRate, options.MaxGradientNorm, meanwhile);
        }
        catch (TrainingDivergedException e)
        {
            if (options.OnDivergence != OnDivergence.Skip || state.SkippedInRow >= DivergenceLimits.SkippedInRow)
            {
                throw Explain(e, current);
            }

            var left = count > 1 ? FormattableString.Invariant($"the step of {count} batches is") : "the batch is";
            skipped = FormattableString.Invariant($"{Where()}: {e.Result.Describe()}: {left} left out ({string.Join(", ", Names())})");
            return e.Result;
        }
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
}
