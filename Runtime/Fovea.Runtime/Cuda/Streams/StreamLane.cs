namespace Fovea.Cuda;

/// <summary>An operation that was given to a stream.</summary>
/// <param name="Lane">Which.</param>
/// <param name="Index">Its place among the lane's, from 1.</param>
/// <param name="Use">What it touches.</param>
/// <param name="End">Recorded behind it.</param>
/// <param name="Seen">Of each lane, up to which operation this one's end comes after.</param>
internal sealed record Issued(int Lane, int Index, MemoryUse Use, CudaEvent End, int[] Seen);

/// <summary>A stream, the workspace of the operations on it, and what it is known to come after.</summary>
/// <param name="driver">With its context opened.</param>
/// <param name="number">Among the lanes; 0 is the main one.</param>
/// <param name="count">How many lanes there are.</param>
internal sealed class StreamLane(ICudaDriver driver, int number, int count) : IDisposable
{
    private DeviceAddress workspace;
    private long workspaceBytes;

    /// <summary>Among the lanes.</summary>
    public int Number => number;

    /// <summary>Takes the work.</summary>
    public CudaStream Stream { get; } = driver.CreateStream();

    /// <summary>The last operation since the last join; null for none.</summary>
    public Issued? Last { get; private set; }

    /// <summary>Of each lane, up to which operation everything that is issued here next comes after.</summary>
    public int[] Seen { get; } = new int[count];

    /// <summary>Whether it comes after what the main stream was given before the operations.</summary>
    public bool HasPassedBarrier { get; set; }

    /// <summary>Everything issued next comes after an operation, and after all that it came after.</summary>
    public void See(Issued earlier)
    {
        for (var i = 0; i < Seen.Length; i++)
        {
            Seen[i] = Math.Max(Seen[i], earlier.Seen[i]);
        }
    }

    /// <summary>An operation has been given to the stream.</summary>
    public Issued Issue(MemoryUse use, CudaEvent end)
    {
        Seen[number]++;
        return Last = new Issued(number, Seen[number], use, end, [.. Seen]);
    }

    /// <summary>Begins anew after a join.</summary>
    public void Forget()
    {
        Last = null;
        HasPassedBarrier = false;
        Array.Clear(Seen);
    }

    /// <summary>Whether so many bytes fit in the workspace.</summary>
    public bool Holds(long bytes) => bytes <= workspaceBytes;

    /// <summary>Memory for the running operation, 256-byte aligned; the next operation here may use the same.</summary>
    /// <param name="bytes">At least so many; where they do not fit, other memory takes the old one's place.</param>
    public DeviceAddress Workspace(long bytes)
    {
        if (!Holds(bytes))
        {
            driver.SynchronizeStream(Stream);
            FreeWorkspace();
            var rounded = (bytes + 255) / 256 * 256;
            workspace = driver.Allocate(rounded, "workspace");
            workspaceBytes = rounded;
        }

        return workspace;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        driver.SynchronizeStream(Stream);
        driver.DestroyStream(Stream);
        FreeWorkspace();
    }

    private void FreeWorkspace()
    {
        if (workspaceBytes > 0)
        {
            driver.Free(workspace);
            (workspace, workspaceBytes) = (default, 0);
        }
    }
}
