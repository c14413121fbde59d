using System.Globalization;

namespace Fovea.Cuda;

/// <summary>
/// The numbers of the optimiser's steps (learning rate, momentum …), a slot for each parameter group, where kernels read them: a
/// captured graph reads new ones at each launch. The host's slots are page-locked, so that uploads do not wait.
/// </summary>
internal sealed unsafe class CudaOptimizerRules : IDisposable
{
    /// <summary>float32 numbers in a slot.</summary>
    public const int SlotLength = 16;

    /// <summary>Parameter groups of a step at the most.</summary>
    public const int Slots = 1024;

    private const int SlotBytes = SlotLength * sizeof(float);
    private readonly ICudaDriver driver;
    private readonly CudaStream stream;
    private DeviceAddress device;
    private nint host;
    private CudaEvent uploaded;
    private bool isPending;
    private int used;

    public CudaOptimizerRules(ICudaDriver driver, CudaStream stream) => (this.driver, this.stream) = (driver, stream);

    /// <summary>
    /// Before the first group of a step. Waits until the uploads of the step before have passed: it is their memory that is filled again.
    /// </summary>
    public void Begin()
    {
        Ensure();
        if (isPending)
        {
            driver.SynchronizeEvent(uploaded);
            isPending = false;
        }

        used = 0;
    }

    /// <summary>Fills the next slot, and uploads it unless that is left to <see cref="Upload"/>.</summary>
    /// <param name="rule">At most <see cref="SlotLength"/> numbers.</param>
    /// <param name="uploads">False while work is captured: the copy must not become part of the graph.</param>
    /// <returns>Where kernels read it.</returns>
    public DevicePointer<float> Add(ReadOnlySpan<float> rule, bool uploads)
    {
        Ensure();
        if (used == Slots)
        {
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture,
                $"An optimiser step has more than {Slots} parameter groups; expected fewer, and Begin before the first."));
        }

        var slot = used++;
        rule.CopyTo(new Span<float>((void*)(host + (slot * SlotBytes)), SlotLength));
        if (uploads)
        {
            Copy(slot, 1);
        }

        return new(device + ((long)slot * SlotBytes));
    }

    /// <summary>Uploads all slots of the step: after a capture and before the graph's first launch.</summary>
    public void Upload()
    {
        if (used > 0)
        {
            Copy(0, used);
        }
    }

    /// <summary>The stream has been waited for, and with it the uploads.</summary>
    public void StreamIsIdle() => isPending = false;

    public void Dispose()
    {
        if (host != 0)
        {
            driver.DestroyEvent(uploaded);
            driver.FreeHost(host);
            driver.Free(device);
            host = 0;
        }
    }

    private void Copy(int slot, int count)
    {
        var at = (long)slot * SlotBytes;
        driver.CopyToDevice(device + at, (nint)(host + at), (long)count * SlotBytes, stream);
        driver.RecordEvent(uploaded, stream);
        isPending = true;
    }

    /// <summary>Inference has no use for it: allocated by the first step.</summary>
    private void Ensure()
    {
        if (host == 0)
        {
            device = driver.Allocate(Slots * SlotBytes, "rules");
            uploaded = driver.CreateEvent(timing: false);
            host = driver.AllocateHost(Slots * SlotBytes, "hostRules");
        }
    }
}
