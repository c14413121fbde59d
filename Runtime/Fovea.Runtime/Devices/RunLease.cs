using Fovea.CompilerServices;

namespace Fovea.Devices;

/// <summary>
/// A session's hold of its device run. A use of it is one of the model, too, so that the model's memory outlives it; and when the model is
/// disposed of, so is the run of every session that still is.
/// </summary>
internal sealed class RunLease
{
    private readonly DeviceModel model;
    private readonly Lifetime lifetime;

    /// <param name="model">The weights.</param>
    /// <param name="plan">What the run must have room for.</param>
    /// <param name="owner">The session, as exceptions call it.</param>
    /// <exception cref="ObjectDisposedException">The model is disposed of.</exception>
    public RunLease(DeviceModel model, ExecutionPlan plan, string owner)
    {
        this.model = model;
        using var use = model.Lifetime.Use();
        Run = model.CreateRun(plan);
        lifetime = new Lifetime($"{owner} of {model.Program.Description.Name}", Run.Dispose);
        model.Register(this);
    }

    /// <summary>The run; to be used inside of a use.</summary>
    public IDeviceRun Run { get; }

    /// <summary>A use of run and model as long as the value lives.</summary>
    /// <exception cref="ObjectDisposedException">One of them is disposed of.</exception>
    public LifetimeUse Use()
    {
        // The model first: when it is freed, nobody is at work with any of its runs.
        model.Lifetime.Enter();
        if (!lifetime.TryEnter())
        {
            model.Lifetime.Exit();
            throw lifetime.Refusal();
        }

        return new LifetimeUse(lifetime, model.Lifetime);
    }

    /// <summary>Frees the run when nobody is at work with it. Where the model is being disposed of, that frees it.</summary>
    public void Dispose()
    {
        if (!model.Lifetime.TryHold())
        {
            model.Lifetime.Wait();

            // The model knows its leases weakly: one that is collected while it waits here would not be freed.
            GC.KeepAlive(this);
            return;
        }

        try
        {
            Close();
        }
        finally
        {
            model.Lifetime.Release();
        }
    }

    /// <summary>Frees the run when nobody is at work with it; the model is there.</summary>
    public void Close()
    {
        lifetime.Close();
        model.Unregister(this);
    }
}
