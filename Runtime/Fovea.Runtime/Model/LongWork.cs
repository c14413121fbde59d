namespace Fovea.Model;

/// <summary>Work of minutes or hours on a thread of its own.</summary>
internal static class LongWork
{
    /// <summary>A task that ends Canceled, with this token, where the work heeds it, and Faulted with whatever else it throws.</summary>
    /// <param name="work">The work.</param>
    /// <param name="cancellation">Not begun at all where it is cancelled before.</param>
    public static Task<TResult> Run<TResult>(Func<TResult> work, CancellationToken cancellation) => Task.Factory.StartNew(
        () =>
        {
            try
            {
                return work();
            }
            catch (OperationCanceledException e) when (cancellation.IsCancellationRequested && e.CancellationToken != cancellation)
            {
                // A token linked to ours would leave the task Faulted.
                throw new OperationCanceledException(e.Message, e, cancellation);
            }
        },
        cancellation,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);
}
