using Fovea.Devices;
using Fovea.Steps;

namespace Fovea.Training;

/// <summary>
/// The step of one or several batches, wholly or not at all: what is begun and not ended can be undone. The gradient is the plain mean of
/// the batches' gradients, each of which has its batch's own normaliser.
/// </summary>
/// <param name="model">The weights.</param>
/// <param name="optimizer">What moves them.</param>
internal sealed class AccumulatedStep(DeviceModel model, Optimizer optimizer)
{
    private readonly float[] statistics = new float[model.Program.Description.StatisticsLength];
    private StepPart part;
    private StepResult sum;
    private long batchesTracked;
    private int steps;

    /// <summary>Whether the model is as after a batch or before one: a device that failed in the middle leaves nothing to undo or to save.</summary>
    public bool IsBetweenBatches { get; private set; } = true;

    /// <summary>Begins a step.</summary>
    /// <param name="batches">How many it will have.</param>
    public void Begin(int batches)
    {
        (part, sum) = (new StepPart(0, batches), default);
        (batchesTracked, steps) = (model.BatchesTracked, optimizer.Steps);
        if (batches > 1)
        {
            DetectorState.ReadStatistics(model, statistics);
        }
    }

    /// <summary>Computes the next batch, which the session has; the last moves the weights.</summary>
    /// <returns>Mean losses of the batches so far, and the norm that the session told.</returns>
    /// <exception cref="TrainingDivergedException">The step is undone, with all its batches.</exception>
    public StepResult Add(TrainingSession session, double learningRate, double maxGradientNorm, Action? meanwhile = null)
    {
        IsBetweenBatches = false;
        StepResult result;
        try
        {
            result = session.TakePart(part, optimizer, learningRate, maxGradientNorm, meanwhile);
        }
        catch (TrainingDivergedException)
        {
            Undo();
            throw;
        }

        IsBetweenBatches = true;
        part = part.Next;
        sum = new StepResult(
            sum.Classification + result.Classification, sum.Box + result.Box, result.GradientNorm, sum.Foreground + result.Foreground);
        return sum with { Classification = sum.Classification / part.Batch, Box = sum.Box / part.Batch };
    }

    /// <summary>Leaves a step that has not moved the weights as if it had never begun.</summary>
    public void Undo()
    {
        IsBetweenBatches = false;

        // A batch that went wrong has put back what it had found: only those before it have left something.
        if (part.HasSum && optimizer.Steps == steps)
        {
            DetectorState.WriteStatistics(model, statistics);
            model.BatchesTracked = batchesTracked;
        }

        IsBetweenBatches = true;
    }
}
