using System.Runtime.CompilerServices;
using Fovea.CompilerServices;

namespace Fovea.Cpu;

/// <summary>A job that says how many tasks it has, so that it can be one of several in a list.</summary>
internal interface ICountedJob : ICpuJob
{
    /// <summary>Tasks 0 … <see cref="Tasks"/> − 1.</summary>
    int Tasks { get; }
}

/// <summary>A value for each level of a pyramid.</summary>
[InlineArray(PyramidMap.MaxLevels)]
internal struct PerLevel<T>
{
    private T first;
}

/// <summary>
/// The same job on several levels of a pyramid as one list of tasks, level after level: the workers wait for one another once, not once
/// for each level.
/// </summary>
internal struct PyramidJob<TJob> : ICountedJob
    where TJob : struct, ICountedJob
{
    private PerLevel<TJob> jobs;
    private int count;

    public int Tasks { get; private set; }

    public void Add(in TJob job)
    {
        jobs[count++] = job;
        Tasks += job.Tasks;
    }

    /// <summary>Does all tasks; a single level's as they are.</summary>
    public void Run(WorkerPool pool)
    {
        if (count == 1)
        {
            pool.Run(Tasks, ref jobs[0]);
        }
        else
        {
            pool.Run(Tasks, ref this);
        }
    }

    public void Execute(int task, int worker)
    {
        var level = 0;
        while (task >= jobs[level].Tasks)
        {
            task -= jobs[level++].Tasks;
        }

        jobs[level].Execute(task, worker);
    }
}

/// <summary>Levels of a pyramid that are computed in two forms, as one list of tasks.</summary>
internal struct PyramidJob<TJob, TOther> : ICpuJob
    where TJob : struct, ICountedJob
    where TOther : struct, ICountedJob
{
    private PyramidJob<TJob> first;
    private PyramidJob<TOther> second;

    /// <summary>Does all tasks of both; either may be without levels.</summary>
    public static void Run(WorkerPool pool, ref PyramidJob<TJob> first, ref PyramidJob<TOther> second)
    {
        if (second.Tasks == 0)
        {
            first.Run(pool);
        }
        else if (first.Tasks == 0)
        {
            second.Run(pool);
        }
        else
        {
            var both = new PyramidJob<TJob, TOther> { first = first, second = second };
            pool.Run(first.Tasks + second.Tasks, ref both);
        }
    }

    public void Execute(int task, int worker)
    {
        if (task < first.Tasks)
        {
            first.Execute(task, worker);
        }
        else
        {
            second.Execute(task - first.Tasks, worker);
        }
    }
}
