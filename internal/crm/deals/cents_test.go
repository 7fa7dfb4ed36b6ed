package deals

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sidecard/sidecard/internal/crm"
	"github.com/sidecard/sidecard/internal/crm/crmtest"
	"github.com/sidecard/sidecard/internal/money"
	"github.com/sidecard/sidecard/sandbox/scenario"
)

func TestSandbox_centsAreKeptWhereTheAccountHasThem(t *testing.T) {
	world := scenario.Build()
	world.Accounts[0].Cents = true
	a := accountOf(t, world)
	ctx := t.Context()
	id, err := a.CreateDeal(ctx, 0, Draft{Name: "Ribbons", PipelineID: scenario.PipelineSupport, StatusID: scenario.StageSupportNew,
		Price: "1 500,50 ₽", Lang: "ru"})
	if err != nil {
		t.Fatal(err)
	}
	card, err := a.Deal(ctx, id)
	if err != nil || card.Price != 150050 {
		t.Fatalf("made with %v, %v", card.Price, err)
	}
	price := "1500.05"
	if err := a.ChangeDeal(ctx, id, Change{Price: &price, Lang: "en"}); err != nil {
		t.Fatal(err)
	}
	edit, err := a.DealEdit(ctx, id)
	if err != nil || edit.Price.String() != price {
		t.Errorf("changed to %v, %v", edit.Price, err)
	}
}

func TestSandbox_centsAreRefusedWhereTheAccountWouldDropThem(t *testing.T) {
	a := sandboxAccount(t)
	ctx := t.Context()
	whole := map[string]string{"price": crm.KeyWholeAmount}
	_, err := a.CreateDeal(ctx, 0, Draft{Name: "Half", PipelineID: scenario.PipelineSupport, StatusID: scenario.StageSupportNew, Price: "1500.50"})
	if d := cmp.Diff(whole, crmtest.ProblemMap(t, err)); d != "" {
		t.Error(d)
	}
	price := "0,5"
	if d := cmp.Diff(whole, crmtest.ProblemMap(t, a.ChangeDeal(ctx, scenario.LeadOneDeal, Change{Price: &price}))); d != "" {
		t.Error(d)
	}
	card, err := a.Deal(ctx, scenario.LeadOneDeal)
	if err != nil || card.Price != money.Of(129900) {
		t.Errorf("the price is %v, %v", card.Price, err)
	}
}

func TestCreateDeal_wholePriceAsksNobodyAboutCents(t *testing.T) {
	f := setup(t)
	f.CRM.AddContact(11, "Anna", "+79995550123", "")
	if _, err := f.CreateDeal(t.Context(), 0, Draft{Name: "Lamp", PipelineID: 31, StatusID: 311, Price: "1500,00"}); err != nil {
		t.Fatal(err)
	}
	if calls := f.CRM.Calls(); slices.Contains(calls, "GET /leads") {
		t.Errorf("the account's deals were read: %v", calls)
	}
}
