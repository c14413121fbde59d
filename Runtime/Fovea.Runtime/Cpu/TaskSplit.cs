namespace Fovea.Cpu;

/// <summary>
/// How rows fall into tasks. Depends on the shape alone, never on the number of workers, so that sums have the same tree
/// at any thread count.
/// </summary>
/// <param name="Rows">All rows.</param>
/// <param name="RowsPerTask">Rows of every task but the last.</param>
internal readonly record struct TaskSplit(long Rows, long RowsPerTask)
{
    /// <summary>128 KiB of floats: long against the cost of handing out a task, short against a core's cache.</summary>
    private const long ElementsPerTask = 32 * 1024;

    public int Count => (int)((Rows + RowsPerTask - 1) / RowsPerTask);

    /// <summary>
    /// Splits rows of the given length; at most <paramref name="maxTasks"/> tasks where each needs room of its own for partial sums.
    /// </summary>
    public static TaskSplit For(long rows, long rowLength, int maxTasks = int.MaxValue)
    {
        var bySize = Math.Max(1, ElementsPerTask / Math.Max(1, rowLength));
        var byCount = (rows + maxTasks - 1) / maxTasks;
        return new TaskSplit(rows, Math.Max(bySize, byCount));
    }

    public long Begin(int task) => task * RowsPerTask;

    public long End(int task) => Math.Min(Rows, (task + 1) * RowsPerTask);
}

/// <summary>A compile-time yes or no: a kernel that is generic over it is compiled once for each, without the other's code.</summary>
internal interface IFlag
{
    static abstract bool On { get; }
}

/// <summary>Yes.</summary>
internal readonly struct On : IFlag
{
    static bool IFlag.On => true;
}

/// <summary>No.</summary>
internal readonly struct Off : IFlag
{
    static bool IFlag.On => false;
}
