namespace Fovea.Tests.Training;

public class OptimizerTests
{
    [Fact]
    public void One_group_is_one_run_over_all_parameters()
    {
        var optimizer = Optimizer.Create(ToyProgram.Instance.Description, new Sgd());
        var (range, factor, decay) = Assert.Single(optimizer.Groups);
        Assert.Equal(0, range.Offset);
        Assert.Equal((1.0, 1e-4), (factor, decay));
    }

    [Fact]
    public void Norms_and_biases_are_spared_from_decay()
    {
        var model = ToyProgram.Instance.Description;
        var optimizer = Optimizer.Create(model, new AdamW(), decayNormsAndBiases: false);
        foreach (var tensor in model.Tensors.Where(t => t.Storage == Fovea.CompilerServices.TensorStorage.Trainable))
        {
            var group = optimizer.Groups.Single(g => tensor.Offset >= g.Range.Offset && tensor.Offset + tensor.Length <= g.Range.Offset + g.Range.Length);
            Assert.Equal(tensor.Key.Contains(".weight", StringComparison.Ordinal) && tensor.Shape.Length == 4 ? 0.05 : 0, group.WeightDecay);
        }
    }

    [Fact]
    public void The_first_prefix_that_fits_counts()
    {
        var optimizer = Optimizer.Create(
            ToyProgram.Instance.Description,
            new Sgd(),
            [new ParameterGroup("backbone.body.conv1") { LearningRateFactor = 0 }, new ParameterGroup("backbone") { LearningRateFactor = 0.1, WeightDecay = 0.5 }]);
        Assert.Equal([(0, 1e-4), (0.1, 0.5), (1, 1e-4)], optimizer.Groups.Select(g => (g.LearningRateFactor, g.WeightDecay)));
    }

    [Fact]
    public void A_prefix_that_fits_nothing_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => Optimizer.Create(ToyProgram.Instance.Description, new Sgd(), [new ParameterGroup("bakcbone")]));
        Assert.Contains("\"bakcbone\"", error.Message, StringComparison.Ordinal);
        Assert.Contains("backbone.body.conv1.weight", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_with_factor_zero_stays()
    {
        using var detector = ToyDetector.Create(1);
        using var session = detector.CreateTrainingSession(1, 64, 64);
        session.SetInput(Enumerable.Repeat(0.5f, 64 * 64 * 3).ToArray());
        var optimizer = detector.CreateOptimizer(new Sgd(), [new ParameterGroup("backbone.body") { LearningRateFactor = 0 }]);
        var (frozen, free) = (detector.ReadTensor("backbone.body.conv1.weight"), detector.ReadTensor("head.classification_head.cls_logits.bias"));
        session.Step(optimizer, 0.1);
        Assert.Equal(frozen, detector.ReadTensor("backbone.body.conv1.weight"));
        Assert.NotEqual(free, detector.ReadTensor("head.classification_head.cls_logits.bias"));
    }

    [Fact]
    public void Clipping_shortens_the_step_to_the_given_norm()
    {
        var (free, norm) = StepLength(0);
        var (clipped, _) = StepLength(norm / 4);
        Assert.Equal(free / 4, clipped, free * 1e-3);
        Assert.Equal(free, StepLength(norm * 2).Length, free * 1e-6);
    }

    /// <summary>‖Δ parameters‖ of one plain step, which is η times the gradient's norm.</summary>
    private static (double Length, double Norm) StepLength(double maxNorm)
    {
        using var detector = ToyDetector.Create(1);
        using var session = detector.CreateTrainingSession(1, 64, 64);
        session.SetInput(Enumerable.Range(0, 64 * 64 * 3).Select(i => (i % 7) - 3f).ToArray());
        var optimizer = detector.CreateOptimizer(new Sgd { Momentum = 0, WeightDecay = 0 });
        var learned = detector.Description.Tensors.Where(t => t.Storage == Fovea.CompilerServices.TensorStorage.Trainable).Select(t => t.Key).ToArray();
        var before = learned.SelectMany(detector.ReadTensor).ToArray();
        var result = session.Step(optimizer, 1, maxNorm);
        var after = learned.SelectMany(detector.ReadTensor).ToArray();
        return (Math.Sqrt(before.Zip(after, (a, b) => ((double)a - b) * (a - b)).Sum()), result.GradientNorm);
    }
}
