using System.Runtime.ExceptionServices;

namespace Fovea.Training;

/// <summary>
/// An epoch's batches, of which the next can be taken while a step is at work on the one before. What goes wrong in that is told when the
/// batch is asked for: the step counts.
/// </summary>
/// <param name="batches">From the loader.</param>
/// <param name="isNextReady">Whether the loader would hand out the next one without waiting.</param>
internal sealed class EpochBatches(IEnumerable<Batch> batches, Func<bool> isNextReady) : IDisposable
{
    private readonly IEnumerator<Batch> rest = batches.GetEnumerator();
    private ExceptionDispatchInfo? failure;
    private bool isAhead;
    private Batch? next;

    /// <summary>The next batch, or null at the end. The one before is not valid any more.</summary>
    public Batch? Take()
    {
        var batch = isAhead ? next : Move();
        isAhead = false;
        failure?.Throw();
        return batch;
    }

    /// <summary>
    /// Takes the next batch before it is asked for, if it is there: a step's results must not wait for the loader, which is then what
    /// limits the training in any case.
    /// </summary>
    /// <param name="prepare">What can be done with it now.</param>
    public void TakeAhead(Action<Batch> prepare)
    {
        if (!isNextReady())
        {
            return;
        }

        isAhead = true;
        try
        {
            next = Move();
            if (next is not null)
            {
                prepare(next);
            }
        }
        catch (Exception e)
        {
            // Thrown again when the batch is asked for, whatever it is.
            failure = ExceptionDispatchInfo.Capture(e);
        }
    }

    /// <summary>Leaves the epoch.</summary>
    public void Dispose() => rest.Dispose();

    private Batch? Move() => rest.MoveNext() ? rest.Current : null;
}
