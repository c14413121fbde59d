using System.Runtime.ExceptionServices;

namespace Fovea.Steps;

/// <summary>What the host does while the device is at a step: once, however often the step is repeated or how it ends.</summary>
/// <param name="work">Null for nothing.</param>
internal struct HostWork(Action? work)
{
    private Action? work = work;
    private ExceptionDispatchInfo? failure;

    /// <summary>Does it, unless it was done. What goes wrong is kept: the step is on its way and must be seen to its end.</summary>
    public void Run()
    {
        try
        {
            work?.Invoke();
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }

        work = null;
    }

    /// <summary>Throws what went wrong.</summary>
    public readonly void ThrowIfFailed() => failure?.Throw();
}
