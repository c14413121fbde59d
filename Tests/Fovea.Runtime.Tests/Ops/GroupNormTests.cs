using Fovea.Ops.Norm;
using Fovea.Tests.Support;

namespace Fovea.Tests.Ops;

public class GroupNormTests : OpCaseTests<GroupNormTests>, IOpCases
{
    public static IEnumerable<OpCase> All() => NormCases.All(batch: false);

    [Fact]
    public void The_reference_has_the_gradients_of_finite_differences()
    {
        const int Images = 2;
        const int Channels = 4;
        const int Groups = 2;
        const double Epsilon = 1e-3;
        var x = Numbers.Doubles(Numbers.Random(1, Images * 3 * Channels));
        var gamma = Numbers.Doubles(Numbers.Random(2, Channels));
        var beta = Numbers.Doubles(Numbers.Random(3, Channels));
        var dy = Numbers.Doubles(Numbers.Random(4, x.Length));
        double Loss(double[] a, double[] g, double[] b)
        {
            var y = new double[a.Length];
            GroupNormReference.Forward(a, Images, Channels, Groups, g, b, Epsilon, y);
            return Numbers.Dot(y, dy);
        }

        var (dgamma, dbeta, dx) = (new double[Channels], new double[Channels], new double[x.Length]);
        GroupNormReference.Backward(x, Images, Channels, Groups, gamma, Epsilon, dy, dgamma, dbeta, dx);
        Numbers.IsGradient("dx", a => Loss(a, gamma, beta), x, dx);
        Numbers.IsGradient("dγ", g => Loss(x, g, beta), gamma, dgamma);
        Numbers.IsGradient("dβ", b => Loss(x, gamma, b), beta, dbeta);
    }
}
