using Fovea.Cpu;

namespace Fovea.Tests.Cpu;

public sealed class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_task_runs_once_whatever_the_workers(int workers)
    {
        using var pool = new WorkerPool(workers);
        for (var count = 0; count < 40; count++)
        {
            var job = new CountingJob(new int[count], new int[workers]);
            pool.Run(count, ref job);
            Assert.All(job.Runs, runs => Assert.Equal(1, runs));
            Assert.Equal(count, job.Workers.Sum());
        }
    }

    [Fact]
    public void Workers_that_slept_wake_again()
    {
        using var pool = new WorkerPool(3);
        for (var i = 0; i < 5; i++)
        {
            var job = new CountingJob(new int[30], new int[3]);
            pool.Run(30, ref job);
            Assert.All(job.Runs, runs => Assert.Equal(1, runs));
            Thread.Sleep(20);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void The_exception_of_a_task_reaches_the_caller_and_the_pool_lives_on(int workers)
    {
        using var pool = new WorkerPool(workers);
        var failing = new FailingJob();
        var e = Assert.Throws<InvalidOperationException>(() => pool.Run(20, ref failing));
        Assert.Equal("task 7", e.Message);
        var job = new CountingJob(new int[20], new int[workers]);
        pool.Run(20, ref job);
        Assert.All(job.Runs, runs => Assert.Equal(1, runs));
    }

    [Fact]
    public async Task Callers_on_several_threads_take_turns()
    {
        using var pool = new WorkerPool(2);
        var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 200; i++)
            {
                var job = new CountingJob(new int[9], new int[2]);
                pool.Run(9, ref job);
                Assert.All(job.Runs, runs => Assert.Equal(1, runs));
            }
        }));
        await Task.WhenAll(callers);
    }

    [Fact]
    public void A_disposed_pool_refuses_work()
    {
        var pool = new WorkerPool(2);
        pool.Dispose();
        pool.Dispose();
        var job = new CountingJob([], []);
        Assert.Throws<ObjectDisposedException>(() => pool.Run(1, ref job));
    }

    private readonly struct CountingJob(int[] runs, int[] workers) : ICpuJob
    {
        public int[] Runs { get; } = runs;

        public int[] Workers { get; } = workers;

        public void Execute(int task, int worker)
        {
            Interlocked.Increment(ref Runs[task]);
            Interlocked.Increment(ref Workers[worker]);
        }
    }

    private readonly struct FailingJob : ICpuJob
    {
        public void Execute(int task, int worker)
        {
            if (task == 7)
            {
                throw new InvalidOperationException("task 7");
            }
        }
    }
}
