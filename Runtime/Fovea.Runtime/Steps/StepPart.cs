namespace Fovea.Steps;

/// <summary>A batch's part in a step: its gradient is added to those before, and the last moves the weights by the mean of all.</summary>
/// <param name="Batch">Which of the step's batches, from 0.</param>
/// <param name="Batches">How many the step has.</param>
internal readonly record struct StepPart(int Batch, int Batches)
{
    /// <summary>A step of one batch.</summary>
    public static StepPart Whole => new(0, 1);

    /// <summary>Whether the weights move after it.</summary>
    public bool IsLast => Batch == Batches - 1;

    /// <summary>Whether there is a sum of gradients from before.</summary>
    public bool HasSum => Batch > 0;

    /// <summary>One that is the same work: all between the first and the last are alike.</summary>
    public StepPart Alike => IsLast ? this : HasSum ? new(1, 3) : new(0, 2);

    /// <summary>That of the next batch.</summary>
    public StepPart Next => this with { Batch = Batch + 1 };
}
