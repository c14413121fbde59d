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

    [Theory]
    [InlineData(1, 4)]
    [InlineData(2, 16)]
    [InlineData(5, 3)]
    [InlineData(6, 1)]
    public void Callers_on_several_threads_share_the_workers(int workers, int callers)
    {
        using var pool = new WorkerPool(workers);
        var underWay = 0;
        InParallel(callers, _ =>
        {
            for (var i = 0; i < 300; i++)
            {
                // One in three without a turn; what is short leaves helpers waking to work that is done.
                using var turn = i % 3 == 0 ? default : pool.Enter();
                Assert.True(i % 3 == 0 || Interlocked.Increment(ref underWay) <= workers, "more turns than workers");
                for (var length = 0; length < 12; length += 3)
                {
                    var job = new CountingJob(new int[length], new int[workers]);
                    pool.Run(length, ref job);
                    Assert.All(job.Runs, runs => Assert.Equal(1, runs));
                }

                if (i % 3 != 0)
                {
                    Interlocked.Decrement(ref underWay);
                }
            }
        });
    }

    [Fact]
    public void Who_comes_first_has_the_next_turn()
    {
        using var pool = new WorkerPool(1);
        var order = new List<int>();
        var threads = new Thread[4];
        using (pool.Enter())
        {
            for (var i = 0; i < threads.Length; i++)
            {
                var number = i;
                threads[i] = new Thread(() =>
                {
                    using var turn = pool.Enter();
                    order.Add(number);
                });
                threads[i].Start();
                WaitUntilAsleep(threads[i]);
            }

            Assert.Empty(order);
        }

        Array.ForEach(threads, t => t.Join());
        Assert.Equal([0, 1, 2, 3], order);
    }

    [Fact]
    public void A_turn_within_a_turn_is_the_same_and_waits_for_none()
    {
        using var pool = new WorkerPool(1);
        using var other = new WorkerPool(1);
        using var turn = pool.Enter();
        using (pool.Enter())
        {
        }

        using var elsewhere = other.Enter();
        var waiting = new Thread(() => pool.Enter().Dispose());
        waiting.Start();
        WaitUntilAsleep(waiting);
        turn.Dispose();
        waiting.Join();
    }

    [Fact]
    public void Who_steps_out_of_a_turn_lets_others_in()
    {
        using var pool = new WorkerPool(1);
        using var turn = pool.Enter();
        Assert.True(pool.StepOut());
        Assert.False(pool.StepOut());
        InParallel(1, _ => pool.Enter().Dispose());
        pool.StepIn();
        Assert.True(pool.StepOut());
        pool.StepIn();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_run_within_a_task_is_done_by_the_tasks_worker(int workers)
    {
        using var pool = new WorkerPool(workers);
        var counts = new int[20 * 20];
        var job = new NestedJob(pool, counts);
        pool.Run(20, ref job);
        Assert.All(counts, c => Assert.Equal(1, c));
    }

    [Fact]
    public void Closing_a_pool_wakes_those_who_wait_for_a_turn()
    {
        var pool = new WorkerPool(1);
        Exception? thrown = null;
        using (pool.Enter())
        {
            var waiting = new Thread(() => thrown = Record.Exception(() => pool.Enter().Dispose()));
            waiting.Start();
            WaitUntilAsleep(waiting);
            pool.Dispose();
            waiting.Join();
        }

        Assert.IsType<ObjectDisposedException>(thrown);
    }

    [Fact]
    public void An_interrupted_caller_keeps_its_place()
    {
        using var pool = new WorkerPool(1);
        var entered = false;
        Exception? thrown = null;
        Thread waiting;
        using (pool.Enter())
        {
            waiting = new Thread(() =>
            {
                using var turn = pool.Enter();
                entered = true;
                thrown = Record.Exception(() => Thread.Sleep(Timeout.Infinite));
            });
            waiting.Start();
            WaitUntilAsleep(waiting);
            waiting.Interrupt();
        }

        waiting.Join();
        Assert.True(entered);
        Assert.IsType<ThreadInterruptedException>(thrown);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void The_exception_of_a_task_reaches_its_own_caller_among_many(int workers)
    {
        using var pool = new WorkerPool(workers);
        InParallel(6, caller =>
        {
            for (var i = 0; i < 100; i++)
            {
                using var turn = pool.Enter();
                if (caller % 2 == 0)
                {
                    var failing = new FailingJob();
                    Assert.Equal("task 7", Assert.Throws<InvalidOperationException>(() => pool.Run(20, ref failing)).Message);
                }
                else
                {
                    var job = new CountingJob(new int[20], new int[workers]);
                    pool.Run(20, ref job);
                    Assert.All(job.Runs, runs => Assert.Equal(1, runs));
                }
            }
        });
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

    /// <summary>Threads of their own: tasks of the thread pool might not all run at once.</summary>
    private static void InParallel(int callers, Action<int> act)
    {
        var failures = new Exception?[callers];
        var threads = Enumerable.Range(0, callers).Select(i => new Thread(() => failures[i] = Record.Exception(() => act(i)))).ToArray();
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        Assert.All(failures, Assert.Null);
    }

    private static void WaitUntilAsleep(Thread thread) => Assert.True(
        SpinWait.SpinUntil(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin), TimeSpan.FromSeconds(30)),
        "the thread does not wait");

    private readonly struct NestedJob(WorkerPool pool, int[] counts) : ICpuJob
    {
        public void Execute(int task, int worker)
        {
            var inner = new InnerJob(counts, task * 20, worker);
            pool.Run(20, ref inner);
        }
    }

    private readonly struct InnerJob(int[] counts, int first, int outer) : ICpuJob
    {
        public void Execute(int task, int worker)
        {
            Assert.Equal(outer, worker);
            Interlocked.Increment(ref counts[first + task]);
        }
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
